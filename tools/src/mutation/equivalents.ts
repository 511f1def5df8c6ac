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
    line: /^if \((i|at|row|unit|group|channel) (<|>=) params\.(quads|count|rows|channels)\)/,
    mutated: /^if \((i|at|row|unit|group|channel) (<=|>) params\./,
    reason: onePast,
  },
  {
    kernel: /^crossEntropy\.forward$/,
    fault: "comparison",
    line: /^if \(lane > 0u\) \{ return; \}$/,
    reason: "all lanes have the same sums, and so write the same values to the same places",
  },
  {
    kernel: /^crossEntropy\.backward\.logits$/,
    fault: "bound",
    line: /^for \(var i = lane; i < params\.items/,
    reason:
      "not on software adapters: the item past a row is the next row's first, which its own workgroup writes after, as " +
      "these drivers run workgroups in order; a GPU needs the bound",
  },
  {
    kernel: /^imagesFromBytes$/,
    fault: "bound",
    line: /^for \(var c = 0u; c < 3u/,
    reason:
      "not on software adapters: a fourth plane is the next image's first, whose own invocations write it after, as these " +
      "drivers run workgroups in order; a GPU needs the bound",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^fn precedes/,
    mutated: /i <= j/,
    reason:
      "an element is never compared with itself, save by lanes past the end, where either is the same element",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^if \(lane < half/,
    reason:
      "one lane more joins what is joined elsewhere too: the first of the largest is the same if seen twice",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes but the first write the same place, after the last barrier",
  },
  {
    kernel: /^batchNorm\.(statistics|backward\.params)$/,
    fault: "comparison",
    line: /^if \(lane != 0u\) \{ return; \}$/,
    reason: "all lanes but the first have the same sums, and write the same values",
  },
  {
    kernel: /^shared\.power$/,
    fault: "bound",
    line: /^let size = /,
    reason: "at an exponent of 0 the result is 1 in any case",
  },
  {
    kernel: /^dropout/,
    fault: "bound",
    line: /^let kept = /,
    reason: "differs where a random word equals the threshold: one in 2^32",
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
