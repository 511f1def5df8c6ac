/** @file Examines the mutants of one kernel, or of one shared function. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { whyLetOff } from "./letOff.ts";
import type { MutationAdapter } from "./mutationAdapter.ts";
import type { MutationHost } from "./mutationHost.ts";
import type { PlannedTest, Verdict } from "./mutationMessages.ts";
import { digestOf, type KernelRecord, type MutantRecord } from "./mutationReport.ts";
import { endsOfForms, formOf, keyOf, listMutants, type Mutant, sampleOf } from "./mutants.ts";
import type { Subject } from "./subjects.ts";
import { TestOrder } from "./testOrder.ts";

/** How much longer than without a fault a test may take, and how long the kernels that it compiles. */
const slowFactor = 10;
const leastTimeoutMs = 30_000;
/** Kills between two controls. */
const killsPerControl = 25;

/** Where and with what kernels are examined. */
export interface Examination {
  readonly host: Pick<MutationHost, "examine" | "processes">;
  readonly adapter: Pick<MutationAdapter, "kind" | "name">;
  /** Folder of the results of earlier, perhaps interrupted, examinations. */
  readonly kept: string;
  /** Of a test file and what its kills rest on; undefined for one that is gone. */
  readonly digestOfTest: (file: string) => string | undefined;
}

/** How much is examined. */
export interface Extent {
  /** Forget earlier results. */
  readonly again: boolean;
  /** Of lines that differ in numbers alone, as one line of our source makes for each row, only first and last. */
  readonly ends: boolean;
  /** Mutants of one kernel, evenly from its text; barriers and those that an earlier run examined come on top. */
  readonly atMost: number;
}

/**
 * Runs the tests of a kernel on each of its mutants until one fails.
 *
 * A fault may spoil the process for good, such as by losing its device, and all that come after it would seem to be
 * killed. So the killing tests are run again without a fault, in the same process, after every few kills; kills are
 * confirmed if they pass. What was killed since in a process that is lost is examined again. Of an earlier examination
 * confirmed kills are kept where neither the kernel nor what the killing test rests on has changed.
 *
 * @throws Error if a test fails without a fault; what was not confirmed is examined again by the next run
 */
export async function examineSubject(
  examination: Examination,
  subject: Subject,
  extent: Extent,
): Promise<KernelRecord> {
  const { host, adapter, kept, digestOfTest } = examination;
  const { label, texts } = subject;
  const digest = digestOf(texts);
  const listed = listMutants(texts);
  const file = join(kept, "kernels", `${label}.json`);
  const earlier = extent.again ? undefined : readKept(file);
  const found =
    earlier?.digest === digest && earlier.adapter === adapter.name
      ? killedBefore(earlier, digestOfTest)
      : new Map<string, MutantRecord>();
  let seconds = found.size === 0 ? 0 : (earlier?.seconds ?? 0);
  const chosen = sampleOf(extent.ends ? endsOfForms(listed) : listed, extent.atMost);
  const queue = listed.filter((mutant) => chosen.has(mutant) && !found.has(keyOf(mutant)));
  const order = new TestOrder(subject);
  const unconfirmed = new Map<Mutant, PlannedTest>();
  let processes = host.processes;

  const record = (): KernelRecord => {
    const mutants = listed.flatMap((mutant) => found.get(keyOf(mutant)) ?? []);
    const files = new Set(mutants.flatMap(({ by }) => (by ? [by.file] : [])));
    const tests = [...files].toSorted().map((name) => [name, digestOfTest(name) ?? ""] as const);
    return {
      label,
      adapter: adapter.name,
      digest,
      tests: Object.fromEntries(tests),
      seconds,
      listed: listed.length,
      forms: new Set(listed.map(formOf)).size,
      mutants,
    };
  };
  /** Asks, and puts what the process before cannot confirm any more into the queue again. */
  const ask = async (mutant: Mutant, tests: readonly PlannedTest[]): Promise<Verdict> => {
    const verdict = await askHost(host, subject, mutant, tests);
    if (host.processes !== processes) {
      queue.unshift(...unconfirmed.keys());
      for (const again of unconfirmed.keys()) found.delete(keyOf(again));
      unconfirmed.clear();
      processes = host.processes;
    }
    return verdict;
  };
  const tryOne = async (mutant: Mutant): Promise<void> => {
    const tests = order.of(mutant);
    const verdict = await ask(mutant, tests);
    const { by, lost } = verdict.kind === "killed" ? verdict : {};
    const killer = order.learn(tests, by);
    if (killer) unconfirmed.set(mutant, killer);
    const pardon = verdict.kind === "survived" ? whyLetOff(label, mutant, adapter.kind) : undefined;
    found.set(keyOf(mutant), {
      ...mutant,
      verdict: verdict.kind,
      ...(by ? { by } : {}),
      // Of two lost processes the second has just passed without the fault.
      ...(lost ? { lost, confirmed: true } : {}),
      ...(pardon ? { pardon } : {}),
    });
  };
  const confirm = async (): Promise<void> => {
    const [first] = unconfirmed.keys();
    const killers = [...new Set(unconfirmed.values())];
    assertPassed(label, await ask({ ...first!, mutated: first!.line }, killers));
    for (const mutant of unconfirmed.keys()) {
      const key = keyOf(mutant);
      found.set(key, { ...found.get(key)!, confirmed: true });
    }
    unconfirmed.clear();
  };

  mkdirSync(dirname(file), { recursive: true });
  while (queue.length > 0 || unconfirmed.size > 0) {
    const started = performance.now();
    const next = unconfirmed.size < killsPerControl ? queue.shift() : undefined;
    await (next ? tryOne(next) : confirm());
    seconds += (performance.now() - started) / 1000;
    writeFileSync(file, `${JSON.stringify(record(), undefined, 1)}\n`);
  }
  return record();
}

function askHost(
  host: Examination["host"],
  { label, functions }: Subject,
  mutant: Mutant,
  tests: readonly PlannedTest[],
): Promise<Verdict> {
  const places = tests.map(({ file, index }) => ({ file, index }));
  const request = { kind: "mutant", label, mutant, tests: places, ...(functions && { functions }) } as const;
  return host.examine(request, (at) => leastTimeoutMs + slowFactor * (tests[at]?.ms ?? 0));
}

function assertPassed(label: string, verdict: Verdict): void {
  if (verdict.kind === "survived") return;
  const name = verdict.kind === "killed" ? (verdict.by?.name ?? "the process") : "the shader";
  throw new Error(
    `${label}: "${name}" now fails without any fault: what was found since the last control is thrown away, run again`,
  );
}

function readKept(file: string): KernelRecord | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KernelRecord) : undefined;
}

/** What need not be examined again. Survivors are: tests may have been added, and reasons taken back. */
function killedBefore(
  { mutants, tests }: KernelRecord,
  digestOfTest: (file: string) => string | undefined,
): Map<string, MutantRecord> {
  const holds = ({ verdict, confirmed, by }: MutantRecord): boolean =>
    verdict === "invalid" ||
    (verdict === "killed" &&
      confirmed === true &&
      (by === undefined || tests[by.file] === digestOfTest(by.file)));
  return new Map(mutants.filter(holds).map((mutant) => [keyOf(mutant), mutant]));
}
