/** @file What tests say of a fault, among them such whose variant of the kernel is refused. */

import { expect, it } from "vitest";
import { type RunnableTest, runTests } from "./runTests.ts";

const refused = new Error("[add] failed", { cause: new Error("Error while parsing WGSL: :1:2") });
const tests = (...errors: readonly (Error | undefined)[]): RunnableTest[] =>
  errors.map((error, index) => ({
    file: "a.test.ts",
    index,
    name: `test ${index}`,
    run: async () => error,
  }));

it("asks tests in order until one fails", async () => {
  const begun: number[] = [];
  const verdict = await runTests(tests(undefined, new Error("1 is not 2"), undefined), (at) =>
    begun.push(at),
  );
  expect(verdict).toEqual({ kind: "killed", by: { file: "a.test.ts", index: 1, name: "test 1" } });
  expect(begun).toEqual([0, 1]);
});

it.each([
  [[refused, new Error("1 is not 2")], "killed"],
  [[refused, undefined], "survived"],
  [[refused, refused], "invalid"],
  [[undefined], "survived"],
] as const)("a variant that is refused says nothing of the others: %#", async (errors, kind) => {
  expect(await runTests(tests(...errors), () => {})).toMatchObject({ kind });
});
