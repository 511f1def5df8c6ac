/** @file Runs tests on a faulty kernel until one notices. */

import type { TestPlace, Verdict } from "./mutationMessages.ts";

/** A test that may run. */
export interface RunnableTest extends TestPlace {
  readonly name: string;
  /** Resolves to what it failed with. */
  readonly run: () => Promise<Error | undefined>;
}

/** What Tint refuses is no kernel; a rejected dispatch names the shader. */
const refusal = /rror while parsing WGSL|Invalid ShaderModule|Invalid ComputePipeline/;

/**
 * Runs tests in order. A test whose variant of the kernel is refused says nothing, as others may be accepted: a fault is
 * no kernel only where every test's is refused.
 *
 * @param begins called with the place of each test that begins
 */
export async function runTests(
  tests: Iterable<RunnableTest>,
  begins: (test: number) => void,
): Promise<Verdict> {
  const ran = { refused: 0, passed: 0 };
  let at = 0;
  for (const { file, index, name, run } of tests) {
    begins(at++);
    const error = await run();
    if (!error) ran.passed++;
    else if (refusal.test(`${error.message} ${String(error.cause ?? "")}`)) ran.refused++;
    else return { kind: "killed", by: { file, index, name } };
  }
  return { kind: ran.refused > 0 && ran.passed === 0 ? "invalid" : "survived" };
}
