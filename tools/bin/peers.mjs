#!/usr/bin/env node
/** @file The program of `nx run bench:peers`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/peers.ts", import.meta.url));
