/** @file What the mutation command and the process that runs tests say to each other. */

import type { Mutant } from "./mutants.ts";

/** A test, by its file and its place there. */
export interface TestPlace {
  readonly file: string;
  readonly index: number;
}

/** A test as it runs without a fault. */
export interface PlannedTest extends TestPlace {
  readonly name: string;
  readonly ms: number;
  /** Kernels that it uses. */
  readonly labels: readonly string[];
  /** Digests of these kernels' texts. */
  readonly bodies: readonly string[];
}

/** Tests, and the texts of all kernels that they use, by label. */
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
  readonly tests: readonly TestPlace[];
}

/** Asks for the plan of the tests of a file whose names match a pattern. */
export interface PlanRequest {
  readonly kind: "plan";
  readonly file: string;
  readonly named: string;
}

/** Asks for a plan, or for one mutant to be tested. */
export type Request = PlanRequest | MutantRequest;

/** How a process stopped answering: it took too long over one test, or it died. */
export type Loss = "hung" | "died";

/** What became of a mutant; `by` is the test that failed, `lost` what happened to the process where none did. */
export type Verdict =
  | { readonly kind: "killed"; readonly by?: TestPlace & { readonly name: string }; readonly lost?: Loss }
  | { readonly kind: "survived" }
  | { readonly kind: "invalid" };

/** What the process says: that it is ready, which of a request's tests begins, and results. */
export type Reply =
  | { readonly ready: true }
  | { readonly begins: number }
  | { readonly plan: Plan }
  | { readonly verdict: Verdict };
