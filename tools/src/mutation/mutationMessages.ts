/** @file What the mutation command and the process that runs tests say to each other. */

import type { Mutant } from "./mutants.ts";

/** A test as it runs without a fault. */
export interface PlannedTest {
  readonly index: number;
  readonly name: string;
  readonly file: string;
  readonly ms: number;
  /** Kernels that it compiles or uses. */
  readonly labels: readonly string[];
}

/** All tests, and the texts of all kernels that they use, by label. */
export interface Plan {
  readonly tests: readonly PlannedTest[];
  readonly kernels: Readonly<Record<string, readonly string[]>>;
  /** Tests that fail without a fault: they say nothing. */
  readonly failing: readonly string[];
}

/** Asks for one mutant to be tested. */
export interface MutantRequest {
  readonly kind: "mutant";
  /** The kernel; every kernel that has one of the `functions` where they are given. */
  readonly label: string;
  /** Texts of a shared function, in which alone the fault is put. */
  readonly functions?: readonly string[];
  readonly mutant: Mutant;
  readonly tests: readonly number[];
}

/** Asks for the plan, or for one mutant to be tested. */
export type Request = { readonly kind: "plan" } | MutantRequest;

/** What became of a mutant; `by` names the test that failed. */
export type Verdict =
  | { readonly kind: "killed"; readonly by: string }
  | { readonly kind: "survived" }
  | { readonly kind: "invalid" };

export type Reply = { readonly ready: true } | { readonly plan: Plan } | { readonly verdict: Verdict };
