#!/usr/bin/env node
/** @file The program of `nx run data:render`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/data/src/cli/render.ts", import.meta.url));
