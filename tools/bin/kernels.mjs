#!/usr/bin/env node
/** @file The program of `nx run bench:kernels`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/kernels.ts", import.meta.url));
