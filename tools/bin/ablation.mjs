#!/usr/bin/env node
/** @file The program of `nx run bench:ablation`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/ablation.ts", import.meta.url));
