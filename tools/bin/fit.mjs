#!/usr/bin/env node
/** @file The program of `nx run train:fit`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/train/src/cli/fit.ts", import.meta.url));
