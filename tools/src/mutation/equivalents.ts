/** @file Mutants that no test can kill, with the reason for each. */

import type { Fault } from "./mutants.ts";

/** Mutants that compute the same. */
export interface Equivalent {
  /** Kernels, by label. */
  readonly kernel: RegExp;
  readonly fault: Fault;
  /** The line before the fault; the text after it where one line holds several faults. */
  readonly line: RegExp;
  readonly mutated?: RegExp;
  readonly reason: string;
}

const onePast =
  "one invocation more, whose item lies past the tensor: outside of the binding, where WebGPU drops writes, " +
  "or in the padding of the last quad, which no tensor shows";

/** Every entry is argued from the kernel's text. */
export const equivalents: readonly Equivalent[] = [
  {
    kernel: /./,
    fault: "bound",
    line: /^if \((i|row|unit) (<|>=) params\.(quads|count|rows)\)/,
    mutated: /^if \((i|row|unit) (<=|>) params\./,
    reason: onePast,
  },
  {
    kernel: /^crossEntropy\.forward$/,
    fault: "comparison",
    line: /^if \(lane > 0u\) \{ return; \}$/,
    reason: "all lanes have the same sums, and so write the same values to the same places",
  },
  {
    kernel: /^embedding\.backward\.count$/,
    fault: "bound",
    line: /params\.vocabulary/,
    reason: "the slots of one id more lie past the buffer's binding, where WebGPU drops writes",
  },
  {
    kernel: /^embedding\.backward\.scan$/,
    fault: "sign",
    line: /^let last = min\(first \+ params\.perLane/,
    reason: "lane 0 then takes the whole sum (0 - perLane wraps to more than the length), all others nothing",
  },
  {
    kernel: /^embedding\.backward\.scan$/,
    fault: "barrier",
    line: /./,
    reason:
      "not on software adapters: a lane reads the totals of lower lanes only, and these drivers run lanes in order; " +
      "a GPU needs the barrier",
  },
  {
    kernel: /^embedding\.backward\.weight$/,
    fault: "bound",
    line: /^if \(id > 0u\) \{ first = /,
    reason: "reads slot -1, outside of the binding, which gives the 0 that first has already",
  },
];

const slopeFunction = /fn slope\([^)]*\) -> vec4<f32> \{ return (.*); \}/;

/** An elementwise gradient loads all that a gradient may need, and its formula may do without. */
function slopeIgnores({ fault, mutated }: FaultyLine, texts: readonly string[]): string | undefined {
  if (fault !== "index" || !mutated.includes("slope(")) return undefined;
  const name = /\b(\w+)\[[^\]]+ \+ 1\]/.exec(mutated)?.[1];
  const formulas = texts.map((text) => slopeFunction.exec(text)?.[1]);
  const read = new RegExp(`\\b${name}\\b`);
  if (formulas.some((formula) => formula === undefined || read.test(formula))) return undefined;
  return `the slope, ${formulas[0]}, does not read ${name}`;
}

interface FaultyLine {
  readonly fault: Fault;
  readonly line: string;
  readonly mutated: string;
}

/**
 * Finds the reason why a mutant is equivalent; undefined if there is none.
 *
 * @param texts of the kernel's variants
 */
export function whyEquivalent(
  label: string,
  mutant: FaultyLine,
  texts: readonly string[],
): string | undefined {
  const listed = equivalents.find(
    ({ kernel, fault, line, mutated }) =>
      kernel.test(label) &&
      fault === mutant.fault &&
      line.test(mutant.line) &&
      (mutated?.test(mutant.mutated) ?? true),
  );
  return listed?.reason ?? slopeIgnores(mutant, texts);
}
