/** @file What is kept of a run: per kernel, in JSON and as a table. */

import { createHash } from "node:crypto";
import type { Pardon } from "./letOff.ts";
import { formOf, type Mutant } from "./mutants.ts";
import type { Loss, TestPlace, Verdict } from "./mutationMessages.ts";

/** One mutant and what became of it. */
export interface MutantRecord extends Mutant {
  readonly verdict: Verdict["kind"];
  /** The test that killed it, or what happened to the process. */
  readonly by?: TestPlace & { readonly name: string };
  readonly lost?: Loss;
  /**
   * True once the killing test has passed without a fault in the same process: what a spoilt process, or one that was lost
   * since, says is examined again.
   */
  readonly confirmed?: boolean;
  /** Why it cannot be killed. */
  readonly pardon?: Pardon;
}

/** A kernel's mutants. */
export interface KernelRecord {
  readonly label: string;
  /** On which it was examined, with driver and compile mode. */
  readonly adapter: string;
  /** Of the kernel's texts: a kernel that has changed is examined again. */
  readonly digest: string;
  /** Of the test files that killed mutants, by their paths: where one has changed, its mutants are examined again. */
  readonly tests: Readonly<Record<string, string>>;
  /** What the examination took. */
  readonly seconds: number;
  /** Mutants that the kernel has, of which `mutants` may be a sample. */
  readonly listed: number;
  /** Forms of its lines and faults, numbers aside. */
  readonly forms: number;
  readonly mutants: readonly MutantRecord[];
}

/** Identifies the texts of a kernel. */
export function digestOf(bodies: readonly string[]): string {
  return createHash("sha256").update(bodies.toSorted().join("\n")).digest("hex").slice(0, 16);
}

/** A mutant that no test noticed, without a reason. */
export type Survivor = Pick<Mutant, "fault" | "line" | "mutated" | "at">;

/** Counts of a kernel, as committed. */
export interface KernelSummary {
  readonly kernel: string;
  /** On which it was examined, with driver and compile mode. */
  readonly adapter: string;
  readonly digest: string;
  readonly tests: Readonly<Record<string, string>>;
  /** By the wall clock, for one mutant. */
  readonly secondsPerMutant: number;
  /** Share of the kernel's mutants that was examined, where not all were. */
  readonly share?: number;
  /** Share of the forms, numbers aside, of which one was; 1 where every line of our source was examined. */
  readonly formShare?: number;
  readonly mutants: number;
  readonly killed: number;
  /** Of these, mutants that no test failed on, but that hung or ended the process, twice. */
  readonly lost?: number;
  /** Survivors that compute the same. */
  readonly equivalent: number;
  /** Survivors that are at fault, of which this adapter shows nothing. */
  readonly hidden: number;
  readonly survivors: readonly Survivor[];
}

/** Sums a kernel up; mutants that do not compile are left out. */
export function summarizeKernel(record: KernelRecord): KernelSummary {
  const { label, adapter, digest, tests, seconds, listed, forms, mutants } = record;
  const valid = mutants.filter(({ verdict }) => verdict !== "invalid");
  const alive = valid.filter(({ verdict }) => verdict === "survived");
  const lost = valid.filter(({ verdict, by }) => verdict === "killed" && by === undefined).length;
  return {
    kernel: label,
    adapter,
    digest,
    tests,
    secondsPerMutant: mutants.length === 0 ? 0 : Number((seconds / mutants.length).toFixed(2)),
    ...(mutants.length < listed
      ? {
          share: shareOf(mutants.length, listed),
          formShare: shareOf(new Set(mutants.map(formOf)).size, forms),
        }
      : {}),
    mutants: valid.length,
    killed: valid.length - alive.length,
    ...(lost > 0 ? { lost } : {}),
    equivalent: alive.filter(({ pardon }) => pardon?.as === "equivalent").length,
    hidden: alive.filter(({ pardon }) => pardon?.as === "hidden").length,
    survivors: alive
      .filter(({ pardon }) => pardon === undefined)
      .map(({ fault, line, mutated, at }) => ({ fault, line, mutated, ...(at === undefined ? {} : { at }) })),
  };
}

const shareOf = (some: number, all: number): number => Number((some / all).toFixed(3));

/** True if all mutants were examined, nothing that the result rests on has changed, and no mutant was left alive. */
export function stillHolds(
  summary: Omit<KernelSummary, "tests"> & Partial<Pick<KernelSummary, "tests">>,
  digest: string,
  digestOfTest: (file: string) => string | undefined,
): boolean {
  const { tests, survivors } = summary;
  return (
    tests !== undefined &&
    summary.digest === digest &&
    summary.share === undefined &&
    survivors.length === 0 &&
    testsHold(tests, digestOfTest)
  );
}

/** True if the tests that killed mutants are as they were. */
export function testsHold(
  tests: KernelSummary["tests"],
  digestOfTest: (file: string) => string | undefined,
): boolean {
  return Object.entries(tests).every(([file, found]) => digestOfTest(file) === found);
}

/** What was recorded, with the kernels that were examined now in place of their earlier results; by name. */
export function mergeSummaries(
  recorded: readonly KernelSummary[],
  examined: readonly KernelSummary[],
): KernelSummary[] {
  const byKernel = new Map([...recorded, ...examined].map((summary) => [summary.kernel, summary]));
  return [...byKernel.values()].toSorted((a, b) => (a.kernel < b.kernel ? -1 : 1));
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

/** The table and the survivors, for a terminal and for `docs/`. */
export function showSummaries(summaries: readonly KernelSummary[]): string {
  const total = (of: (summary: KernelSummary) => number): number =>
    summaries.reduce((sum, summary) => sum + of(summary), 0);
  const rows = summaries.map(
    ({
      kernel,
      mutants,
      killed,
      equivalent,
      hidden,
      survivors,
      secondsPerMutant,
      share = 1,
      formShare = share,
    }) =>
      `| ${kernel} | ${percent(share)} | ${percent(formShare)} | ${mutants} | ${killed} | ${equivalent} | ${hidden} | ${survivors.length} | ${secondsPerMutant} |`,
  );
  const alive = summaries.flatMap(({ kernel, survivors }) =>
    survivors.map(
      ({ fault, line, mutated, at }) =>
        `- ${kernel}, ${fault}: \`${line}\` as \`${mutated}\`${at === undefined ? "" : ` (${at})`}`,
    ),
  );
  return [
    "| kernel | examined | of the forms | mutants | killed | equivalent | hidden by the adapter | survivors | s a mutant |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    `| all | | | ${total((s) => s.mutants)} | ${total((s) => s.killed)} | ${total((s) => s.equivalent)} | ${total((s) => s.hidden)} | ${total((s) => s.survivors.length)} | |`,
    ...(alive.length > 0 ? ["", "Survivors:", "", ...alive] : []),
  ].join("\n");
}
