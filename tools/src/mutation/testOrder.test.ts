/** @file A fault is tried on the tests that can notice it, cheap and deadly ones first. */

import { expect, it } from "vitest";
import { listMutants } from "./mutants.ts";
import type { Subject, UsingTest } from "./subjects.ts";
import { TestOrder } from "./testOrder.ts";

const test = (index: number, ms: number, bodies: readonly string[], share = 0.5): UsingTest => ({
  file: "add.test.ts",
  index,
  name: `test ${index}`,
  ms,
  labels: ["add"],
  bodies,
  share,
});

const bodies = new Map([
  ["small", "y = a + b;\n"],
  ["large", `y = a + b;\nz = a + c;\n${"// ".repeat(10_000)}`],
]);
const [inBoth, inLarge] = listMutants([...bodies.values()]);
const subjectOf = (tests: readonly UsingTest[]): Subject => ({
  label: "add",
  texts: [...bodies.values()],
  bodies,
  tests,
});
const indexes = (tests: readonly UsingTest[]): number[] => tests.map(({ index }) => index);

it("leaves out tests whose kernels have no such line", () => {
  const order = new TestOrder(subjectOf([test(0, 1, ["small"]), test(1, 1, ["large"])]));
  expect(indexes(order.of(inBoth!))).toEqual([0, 1]);
  expect(indexes(order.of(inLarge!))).toEqual([1]);
});

it("counts what must be compiled, and what share of a file's tests use the kernel", () => {
  const tests = [test(0, 1, ["small", "large"]), test(1, 20, ["small"]), test(2, 20, ["small"], 1)];
  expect(indexes(new TestOrder(subjectOf(tests)).of(inBoth!))).toEqual([2, 1, 0]);
});

it("puts what has killed before what has not", () => {
  const order = new TestOrder(subjectOf([test(0, 10, ["small"]), test(1, 15, ["small"])]));
  const first = order.of(inBoth!);
  expect(indexes(first)).toEqual([0, 1]);
  expect(order.learn(first, { file: "add.test.ts", index: 1 })?.index).toBe(1);
  expect(indexes(order.of(inBoth!))).toEqual([1, 0]);
  expect(order.learn(first, undefined)).toBeUndefined();
});

it("changes the text of a shared function alone", () => {
  const shared = "fn add() {\ny = a + b;\n}\n";
  const subject: Subject = {
    label: "shared.add",
    texts: [shared],
    functions: [shared],
    bodies: new Map([
      ["with", `${shared}fn main() {\ny = a + b;\n}\n`],
      ["without", "fn main() {\ny = a + b;\n}\n"],
    ]),
    tests: [test(0, 1, ["without"]), test(1, 1, ["with"])],
  };
  expect(indexes(new TestOrder(subject).of(listMutants([shared])[0]!))).toEqual([1]);
});
