/** @file Examines the mutants of one kernel, or of one shared function. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { whyEquivalent } from "./equivalents.ts";
import { listMutants, type Mutant } from "./mutants.ts";
import type { MutationHost } from "./mutationHost.ts";
import type { PlannedTest } from "./mutationMessages.ts";
import type { MutationFolders } from "./mutationPlan.ts";
import { digestOf, type KernelRecord, type MutantRecord } from "./mutationReport.ts";
import type { Subject } from "./subjects.ts";

const slowFactor = 10;
const leastTimeoutMs = 30_000;

/** Digests of test files by their paths in the sources; undefined for one that is gone. */
export function testDigests(source: string): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (file) => {
    if (!known.has(file)) {
      const path = join(source, file);
      known.set(file, existsSync(path) ? digestOf([readFileSync(path, "utf8")]) : undefined);
    }
    return known.get(file);
  };
}

/** How much is examined. */
export interface Extent {
  /** Forget earlier results. */
  readonly again: boolean;
  /** Mutants of one kernel, evenly from its text; those that an earlier run examined come on top. */
  readonly atMost: number;
}

/**
 * Runs the tests of a kernel on each of its mutants until one fails; what an earlier, perhaps interrupted, examination
 * found is kept where neither the kernel nor the killing test's file has changed.
 */
export async function examineSubject(
  host: MutationHost,
  subject: Subject,
  { source, kept }: MutationFolders,
  { again, atMost }: Extent,
): Promise<KernelRecord> {
  const { label, texts, functions } = subject;
  const digest = digestOf(texts);
  const digestOfTest = testDigests(source);
  const file = join(kept, "kernels", `${label}.json`);
  const earlier =
    again || !existsSync(file) ? undefined : (JSON.parse(readFileSync(file, "utf8")) as KernelRecord);
  const known =
    earlier?.digest === digest ? killedBefore(earlier, digestOfTest) : new Map<string, MutantRecord>();
  const timeoutMs = leastTimeoutMs + slowFactor * subject.tests.reduce((total, { ms }) => total + ms, 0);
  let tests = subject.tests;
  let seconds = known.size === 0 ? 0 : (earlier?.seconds ?? 0);
  const listed = listMutants(texts);
  const chosen = new Set(evenly(listed, atMost));
  const mutants: MutantRecord[] = [];
  const record = (): KernelRecord => {
    const killers = new Set(mutants.flatMap(({ by }) => (by ? [by.file] : [])));
    const digests = [...killers].toSorted().map((name) => [name, digestOfTest(name) ?? ""] as const);
    return { label, digest, tests: Object.fromEntries(digests), seconds, listed: listed.length, mutants };
  };
  mkdirSync(dirname(file), { recursive: true });
  for (const mutant of listed) {
    const before = known.get(keyOf(mutant));
    if (before) mutants.push(before);
    if (before || !chosen.has(mutant)) continue;
    const started = performance.now();
    const places = tests.map((test) => ({ file: test.file, index: test.index }));
    const request = {
      kind: "mutant",
      label,
      mutant,
      tests: places,
      ...(functions ? { functions } : {}),
    } as const;
    const verdict = await host.examine(request, timeoutMs);
    seconds += (performance.now() - started) / 1000;
    const by = verdict.kind === "killed" ? verdict.by : undefined;
    if (by) tests = withFirst(tests, by);
    const why = verdict.kind === "survived" ? whyEquivalent(label, mutant) : undefined;
    mutants.push({
      ...mutant,
      verdict: verdict.kind,
      ...(by ? { by } : {}),
      ...(why === undefined ? {} : { equivalent: why }),
    });
    writeFileSync(file, `${JSON.stringify(record(), undefined, 1)}\n`);
  }
  return record();
}

/** At most `count` of some items, at even distances. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  const share = Math.min(1, count / items.length);
  return items.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
}

const keyOf = ({ line, mutated }: Mutant): string => `${line}\n${mutated}`;

/** What need not be examined again. Survivors are: tests may have been added, and reasons taken back. */
function killedBefore(
  { mutants, tests }: KernelRecord,
  digestOfTest: (file: string) => string | undefined,
): Map<string, MutantRecord> {
  const kept = mutants.filter(
    ({ verdict, by }) =>
      verdict !== "survived" && (by === undefined || tests[by.file] === digestOfTest(by.file)),
  );
  return new Map(kept.map((mutant) => [keyOf(mutant), mutant]));
}

/** What killed one mutant is likely to kill the next. */
function withFirst(tests: readonly PlannedTest[], by: { file: string; index: number }): PlannedTest[] {
  const isFirst = (test: PlannedTest): boolean => test.file === by.file && test.index === by.index;
  return [...tests.filter(isFirst), ...tests.filter((test) => !isFirst(test))];
}
