/** @file On which sources a kill rests. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { testDigests } from "./testDigests.ts";

const test = "ops/conv/conv.test.ts";
const files = {
  [test]: 'import "./conv.ts";\nimport "../../testing/index.ts";',
  "ops/conv/conv.ts": 'import "./conv.wgsl.ts";\nimport "../add/add.ts";',
  "ops/conv/conv.wgsl.ts": "text",
  "ops/add/add.ts": "add",
  "testing/index.ts": 'export * from "./tolerance.ts";',
  "testing/tolerance.ts": "1e-5",
};

let folder: string;
const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-digests-"));
  for (const [name, text] of Object.entries(files)) write(name, text);
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  [test, true],
  ["testing/tolerance.ts", true],
  ["ops/conv/conv.ts", true],
  ["ops/conv/conv.wgsl.ts", false],
  ["ops/add/add.ts", false],
] as const)("an edit of %s changes the digest: %s", (name, changes) => {
  const before = testDigests(folder)(test);
  write(name, `${files[name]} // edited`);
  expect(testDigests(folder)(test) !== before).toBe(changes);
});

it("has none for a file that is gone, and reads each file once", () => {
  const digests = testDigests(folder);
  const before = digests(test);
  rmSync(join(folder, test));
  expect(digests(test)).toBe(before);
  expect(testDigests(folder)(test)).toBeUndefined();
});
