/** @file The forms of `--runs`. */

import { expect, test } from "vitest";
import { parseRuns } from "./parseRuns.ts";

test("takes method=folder, a bare folder, and an equals sign in the folder", () => {
  expect(parseRuns(["ifas=runs/a", "runs/b", "x=a=b"])).toEqual([
    { method: "ifas", folder: "runs/a" },
    { method: null, folder: "runs/b" },
    { method: "x", folder: "a=b" },
  ]);
});

test.each(["=runs/a", "ifas=", ""])('refuses "%s"', (value) => {
  expect(() => parseRuns([value])).toThrow("is not method=folder");
});
