/** @file Examines the mutants of one kernel, or of one shared function. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { whyEquivalent } from "./equivalents.ts";
import { endsOfForms, formOf, listMutants, type Mutant } from "./mutants.ts";
import type { MutationHost } from "./mutationHost.ts";
import type { PlannedTest, Verdict } from "./mutationMessages.ts";
import type { MutationFolders } from "./mutationPlan.ts";
import { digestOf, type KernelRecord, type MutantRecord } from "./mutationReport.ts";
import type { Subject } from "./subjects.ts";
import { TestOrder } from "./testOrder.ts";

/** How much longer than without a fault a test may take, and how long the kernels that it compiles. */
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
  /** Of lines that differ in numbers alone, as one line of our source makes for each row, only first and last. */
  readonly ends: boolean;
  /** Mutants of one kernel, evenly from its text; those that an earlier run examined come on top. */
  readonly atMost: number;
}

/**
 * Runs the tests of a kernel on each of its mutants until one fails; what an earlier, perhaps interrupted, examination
 * found is kept where neither the kernel nor the killing test's file has changed.
 *
 * @throws Error if a test fails that needs no fault to fail, at the end or after a lost process; all that is kept of the
 * kernel is then thrown away
 */
export async function examineSubject(
  host: Pick<MutationHost, "examine">,
  subject: Subject,
  { source, kept }: MutationFolders,
  { again, ends, atMost }: Extent,
): Promise<KernelRecord> {
  const { label, texts } = subject;
  const digest = digestOf(texts);
  const digestOfTest = testDigests(source);
  const file = join(kept, "kernels", `${label}.json`);
  const earlier =
    again || !existsSync(file) ? undefined : (JSON.parse(readFileSync(file, "utf8")) as KernelRecord);
  const known =
    earlier?.digest === digest ? killedBefore(earlier, digestOfTest) : new Map<string, MutantRecord>();
  const order = new TestOrder(subject);
  let seconds = known.size === 0 ? 0 : (earlier?.seconds ?? 0);
  const listed = listMutants(texts);
  const chosen = new Set(evenly(ends ? endsOfForms(listed) : listed, atMost));
  const mutants: MutantRecord[] = [];
  const killers = new Map<string, PlannedTest>();
  const forms = new Set(listed.map(formOf)).size;
  const record = (): KernelRecord => {
    const files = new Set(mutants.flatMap(({ by }) => (by ? [by.file] : [])));
    const digests = [...files].toSorted().map((name) => [name, digestOfTest(name) ?? ""] as const);
    return {
      label,
      digest,
      tests: Object.fromEntries(digests),
      seconds,
      listed: listed.length,
      forms,
      mutants,
    };
  };
  // A later run would take kills for known that no fault has caused.
  const trusted = <T>(examination: Promise<T>): Promise<T> =>
    examination.catch((error: unknown) => {
      rmSync(file, { force: true });
      throw error;
    });
  mkdirSync(dirname(file), { recursive: true });
  for (const mutant of listed) {
    const before = known.get(keyOf(mutant));
    if (before) mutants.push(before);
    if (before || !chosen.has(mutant)) continue;
    const started = performance.now();
    const tests = order.of(mutant);
    const verdict = await trusted(examineMutant(host, subject, mutant, tests));
    seconds += (performance.now() - started) / 1000;
    const by = verdict.kind === "killed" ? verdict.by : undefined;
    const killer = order.learn(tests, by);
    if (killer) killers.set(`${killer.file} ${killer.index}`, killer);
    const why = verdict.kind === "survived" ? whyEquivalent(label, mutant) : undefined;
    mutants.push({
      ...mutant,
      verdict: verdict.kind,
      ...(by ? { by } : {}),
      ...(verdict.kind === "killed" && verdict.lost ? { lost: verdict.lost } : {}),
      ...(why === undefined ? {} : { equivalent: why }),
    });
    writeFileSync(file, `${JSON.stringify(record(), undefined, 1)}\n`);
  }
  await trusted(assertUnspoiled(host, subject, listed[0], [...killers.values()]));
  return record();
}

function examineMutant(
  host: Pick<MutationHost, "examine">,
  { label, functions }: Subject,
  mutant: Mutant,
  tests: readonly PlannedTest[],
): Promise<Verdict> {
  const places = tests.map(({ file, index }) => ({ file, index }));
  const request = { kind: "mutant", label, mutant, tests: places, ...(functions && { functions }) } as const;
  return host.examine(request, (at) => leastTimeoutMs + slowFactor * (tests[at]?.ms ?? 0));
}

/** A fault may spoil the process for good, such as by losing its device: the next would all seem to be killed. */
async function assertUnspoiled(
  host: Pick<MutationHost, "examine">,
  subject: Subject,
  mutant: Mutant | undefined,
  killers: readonly PlannedTest[],
): Promise<void> {
  if (!mutant || killers.length === 0) return;
  const verdict = await examineMutant(host, subject, { ...mutant, mutated: mutant.line }, killers);
  if (verdict.kind === "survived") return;
  const name = verdict.kind === "killed" ? (verdict.by?.name ?? "the process") : "the shader";
  throw new Error(
    `${subject.label}: "${name}" now fails without any fault: its results are thrown away, run again`,
  );
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
