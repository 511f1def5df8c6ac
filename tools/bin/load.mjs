#!/usr/bin/env node
/** @file The program of `nx run models:load`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/models/src/cli/load.ts", import.meta.url));
