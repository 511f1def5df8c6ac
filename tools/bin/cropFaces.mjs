#!/usr/bin/env node
/** @file The program of `nx run data:crop`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/crop.ts", import.meta.url));
