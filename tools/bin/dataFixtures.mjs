#!/usr/bin/env node
/** @file The program of `nx run data:fixtures`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/fixtures.ts", import.meta.url));
