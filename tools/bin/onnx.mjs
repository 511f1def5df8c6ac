#!/usr/bin/env node
/** @file The program of `nx run bench:onnx`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/bench/src/cli/onnx.ts", import.meta.url));
