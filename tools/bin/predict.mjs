#!/usr/bin/env node
/** @file The program of `nx run train:predict`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/train/src/cli/predict.ts", import.meta.url));
