/** @file What is kept of a run: per kernel, in JSON and as a table. */

import { createHash } from "node:crypto";
import type { Mutant } from "./mutants.ts";
import type { Verdict } from "./mutationMessages.ts";

/** One mutant and what became of it. */
export interface MutantRecord extends Mutant {
  readonly verdict: Verdict["kind"];
  /** The test that killed it. */
  readonly by?: string;
  /** Why it cannot be killed. */
  readonly equivalent?: string;
}

/** A kernel's mutants. */
export interface KernelRecord {
  readonly label: string;
  /** Of the kernel's texts: a kernel that has changed is examined again. */
  readonly digest: string;
  readonly mutants: readonly MutantRecord[];
}

/** Identifies the texts of a kernel. */
export function digestOf(bodies: readonly string[]): string {
  return createHash("sha256").update(bodies.toSorted().join("\n")).digest("hex").slice(0, 16);
}

/** Counts of a kernel, as committed. */
export interface KernelSummary {
  readonly kernel: string;
  readonly mutants: number;
  readonly killed: number;
  readonly equivalent: number;
  readonly survivors: readonly { readonly fault: string; readonly line: string; readonly mutated: string }[];
}

/** Sums a kernel up; mutants that do not compile are left out. */
export function summarizeKernel({ label, mutants }: KernelRecord): KernelSummary {
  const valid = mutants.filter(({ verdict }) => verdict !== "invalid");
  const alive = valid.filter(({ verdict }) => verdict === "survived");
  return {
    kernel: label,
    mutants: valid.length,
    killed: valid.length - alive.length,
    equivalent: alive.filter(({ equivalent }) => equivalent !== undefined).length,
    survivors: alive
      .filter(({ equivalent }) => equivalent === undefined)
      .map(({ fault, line, mutated }) => ({ fault, line, mutated })),
  };
}

/** The table and the survivors, for a terminal and for `docs/`. */
export function showSummaries(summaries: readonly KernelSummary[]): string {
  const total = (of: (summary: KernelSummary) => number): number =>
    summaries.reduce((sum, summary) => sum + of(summary), 0);
  const rows = summaries.map(
    ({ kernel, mutants, killed, equivalent, survivors }) =>
      `| ${kernel} | ${mutants} | ${killed} | ${equivalent} | ${survivors.length} |`,
  );
  const alive = summaries.flatMap(({ kernel, survivors }) =>
    survivors.map(({ fault, line, mutated }) => `- ${kernel}, ${fault}: \`${line}\` as \`${mutated}\``),
  );
  return [
    "| kernel | mutants | killed | equivalent | survivors |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
    `| all | ${total((s) => s.mutants)} | ${total((s) => s.killed)} | ${total((s) => s.equivalent)} | ${total((s) => s.survivors.length)} |`,
    ...(alive.length > 0 ? ["", "Survivors:", "", ...alive] : []),
  ].join("\n");
}
