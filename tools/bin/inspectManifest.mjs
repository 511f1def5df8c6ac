#!/usr/bin/env node
/** @file The program of `nx run data:inspect`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/inspect.ts", import.meta.url));
