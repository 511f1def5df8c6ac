/** @file What stands in for vitest finds every test, and by its full name. */

import { expect, it } from "vitest";
import * as standIn from "./collectTests.ts";

it("collects tests of suites within suites, of rows, and of suites that wait", async () => {
  standIn.describe("a", () => {
    standIn.it("one", () => {});
    standIn.describe("b", () => standIn.it.each([[1, 2]])("%s and %s", () => {}));
  });
  standIn.describe("late", async () => {
    await Promise.resolve();
    standIn.it("two", () => {});
  });
  standIn.describe.skipIf(true)("left out", () => standIn.it("none", () => {}));
  standIn.it("three", () => {});
  await Promise.all(standIn.collected.pending);
  expect(standIn.collected.tests.map(({ name }) => name)).toEqual([
    "a > one",
    "a > b > 1 and 2",
    "three",
    "late > two",
  ]);
});
