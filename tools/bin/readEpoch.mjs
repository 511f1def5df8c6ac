#!/usr/bin/env node
/** @file The program of `nx run data:epoch`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/epoch.ts", import.meta.url));
