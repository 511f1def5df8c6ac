#!/usr/bin/env node
/** @file The program of `nx run data:import`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/import.ts", import.meta.url));
