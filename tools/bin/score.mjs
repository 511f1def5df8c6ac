#!/usr/bin/env node
/** @file The program of `nx run bench:score`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/score.ts", import.meta.url));
