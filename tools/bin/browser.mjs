#!/usr/bin/env node
/** @file The program of `nx run tensor-core:browser`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../tools/src/browser/browserCommand.ts", import.meta.url));
