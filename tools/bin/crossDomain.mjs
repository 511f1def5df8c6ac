#!/usr/bin/env node
/** @file The program of `nx run bench:cross-domain`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/crossDomain.ts", import.meta.url));
