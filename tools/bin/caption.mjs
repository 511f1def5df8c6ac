#!/usr/bin/env node
/** @file The program of `nx run data:caption`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/train/src/cli/caption.ts", import.meta.url));
