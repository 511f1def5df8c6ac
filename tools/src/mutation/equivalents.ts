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

/** Every entry is argued from the kernel's text. */
export const equivalents: readonly Equivalent[] = [];

/** Finds the reason why a mutant is equivalent; undefined if there is none. */
export function whyEquivalent(
  label: string,
  { fault, line, mutated }: { fault: Fault; line: string; mutated: string },
): string | undefined {
  return equivalents.find(
    (entry) =>
      entry.kernel.test(label) &&
      entry.fault === fault &&
      entry.line.test(line) &&
      (entry.mutated?.test(mutated) ?? true),
  )?.reason;
}
