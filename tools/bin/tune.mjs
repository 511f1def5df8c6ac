#!/usr/bin/env node
/** @file The program of `nx run bench:tune`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/tune.ts", import.meta.url));
