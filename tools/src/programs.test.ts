/** @file Tests of the one-word programs that nx targets run. */

import { accessSync, constants, existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspaceRoot } from "./process/workspaceRoot.ts";

const folder = join(workspaceRoot, "tools", "bin");

it.each(readdirSync(folder))("%s may be executed and names a program that exists", (name) => {
  const file = join(folder, name);
  accessSync(file, constants.X_OK);
  const text = readFileSync(file, "utf8");
  expect(text.startsWith("#!/usr/bin/env node\n")).toBe(true);
  const program = /new URL\("\.\.\/\.\.\/([^"]+)"/.exec(text)?.[1] ?? "none";
  expect(existsSync(join(workspaceRoot, program)), program).toBe(true);
});
