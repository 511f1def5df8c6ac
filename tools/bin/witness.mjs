#!/usr/bin/env node
/** @file The program of `nx run models:witness`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../packages/models/src/cli/witness.ts", import.meta.url));
