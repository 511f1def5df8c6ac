#!/usr/bin/env node
/** @file The program of `nx run tools:mutate`. */
import { runTypescript } from "../runTypescript.mjs";

runTypescript(new URL("../../tools/src/mutation/mutateCommand.ts", import.meta.url));
