#!/usr/bin/env node
/** @file The program of `nx run train:export`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/train/src/cli/export.ts", import.meta.url));
