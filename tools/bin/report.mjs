#!/usr/bin/env node
/** @file The program of `nx run bench:report`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/report.ts", import.meta.url));
