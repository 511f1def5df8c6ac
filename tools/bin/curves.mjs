#!/usr/bin/env node
/** @file The program of `nx run bench:curves`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/curves.ts", import.meta.url));
