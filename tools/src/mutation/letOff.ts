/** @file Which survivors are let off: those that compute the same, and those that the adapter hides. */

import { equivalents } from "./equivalents.ts";
import { hiddenFaults } from "./hiddenFaults.ts";
import type { AdapterKind } from "./mutationAdapter.ts";
import type { Fault, Mutant } from "./mutants.ts";

/** Mutants that no test can kill, and why not. */
export interface LetOff {
  /** Kernels, by label. */
  readonly kernel: RegExp;
  readonly fault: Fault;
  /** The line before the fault; the text after it where one line holds several faults. */
  readonly line: RegExp;
  readonly mutated?: RegExp;
  /** The place of a barrier, as mutants name it. */
  readonly at?: RegExp;
  readonly reason: string;
}

/** Why a survivor is let off: `hidden` is a fault all the same, of which this adapter shows nothing. */
export interface Pardon {
  readonly as: "equivalent" | "hidden";
  readonly reason: string;
}

/** Finds the reason why no test can kill a mutant on an adapter; undefined if there is none. */
export function whyLetOff(
  label: string,
  mutant: Omit<Mutant, "place">,
  adapter: AdapterKind,
): Pardon | undefined {
  const concerns = ({ kernel, fault, line, mutated, at }: LetOff): boolean =>
    kernel.test(label) &&
    fault === mutant.fault &&
    line.test(mutant.line) &&
    (mutated?.test(mutant.mutated) ?? true) &&
    (at?.test(mutant.at ?? "") ?? true);
  const equivalent = equivalents.find(concerns);
  if (equivalent) return { as: "equivalent", reason: equivalent.reason };
  const hidden = hiddenFaults.find((entry) => entry.on.includes(adapter) && concerns(entry));
  return hidden && { as: "hidden", reason: hidden.reason };
}
