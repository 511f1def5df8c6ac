#!/usr/bin/env node
/** @file The program of `nx run tools:suites`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../tools/src/suites/suitesCommand.ts", import.meta.url));
