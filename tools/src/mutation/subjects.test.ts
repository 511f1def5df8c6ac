/** @file Which tests examine a kernel. */

import { expect, it } from "vitest";
import { testsOf } from "./subjects.ts";

const planned = (name: string, ms: number, bodies: string[]) => ({
  file: "ops/a.test.ts",
  index: 0,
  name,
  ms,
  labels: ["kernel"],
  bodies,
});

it("cuts off what takes long together, and leaves every text its tests", () => {
  const usual = Array.from({ length: 9 }, (_, i) => planned(`usual ${i}`, 20 + i, ["usual"]));
  const rare = [planned("rare", 500, ["usual", "rare"]), planned("other kernel", 600, ["elsewhere"])];
  const bodies = new Map([
    ["usual", ""],
    ["rare", ""],
  ]);
  const names = testsOf([...usual, ...rare], new Set(["kernel"]), bodies, 130).map(({ name }) => name);
  expect(names).toEqual([...usual.slice(0, 5).map(({ name }) => name), "rare"]);
});
