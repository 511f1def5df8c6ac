/** @file `nx run tools:mutate`: puts faults into kernels and runs the op suite, which must notice each. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { softwareAdapters } from "../setup/driverOf.ts";
import { type Examination, examineSubject, type Extent } from "./examineSubject.ts";
import { type AdapterKind, type MutationAdapter, provideMutationAdapter } from "./mutationAdapter.ts";
import { MutationHost, startWorker } from "./mutationHost.ts";
import { providePlan } from "./mutationPlan.ts";
import {
  digestOf,
  type KernelSummary,
  mergeSummaries,
  showSummaries,
  stillHolds,
  summarizeKernel,
  testsHold,
} from "./mutationReport.ts";
import { listMutants } from "./mutants.ts";
import { listSubjects, type Subject } from "./subjects.ts";
import { testDigests } from "./testDigests.ts";
import { listTestFiles } from "./testFiles.ts";

const help = `nx run tools:mutate [-- --kernel=PATTERN] [--tests=PATTERN] [--named=PATTERN] [--list] [--again]
                        [--ends] [--at-most=N] [--adapter=NAME] [--record] [--recorded]

Puts one fault at a time into the WGSL of each kernel (a sign flipped, one barrier dropped, an index shifted, a comparison
swapped, a bound moved by one, min for max) and runs the tests that use the faulty variant of the kernel until one fails:
by the time that one is expected to take until it does, which counts what it must compile, what share of its file's
tests use the kernel, and how many faults it has killed so far. After every few kills the killing tests run without a
fault, in the same process; kills count only if they pass.
A kernel is passed over where the record has a result for the same WGSL, the same test files and the same tolerances and
host code beside them, with no survivor. What an interrupted run confirmed is kept in .candor/mutation.
  --kernel   only kernels whose label matches this regular expression
  --tests    only the test files whose path does, such as ops/conv: quicker to begin with than the whole suite, but a
             mutant that another file kills counts as a survivor
  --named    only the tests whose full names do, such as "epilogue"; what holds for --tests holds here
  --list     list kernels and their mutants, and run nothing but the tests without faults
  --again    forget earlier results of these kernels
  --at-most  examine N mutants of a kernel, spread evenly over its text, beside its barriers and those that were examined
             before; the table says which share that is, and a later run without it goes on with the rest
  --ends     of lines that differ in numbers alone, as one line of our source makes for each row of a block, only the
             first and the last, and every barrier; the table says which share of the forms was examined
  --adapter  ${softwareAdapters.join(" or ")} in place of the adapter that set-up chose: SwiftShader shows some faults that
             lavapipe hides, and has a record of its own
  --record   put the results of these kernels into packages/tensor-core/results/mutation.json, beside the others there
             (mutation.swiftshader.json on SwiftShader); a run over everything drops kernels that are no more
  --recorded show what is recorded of these kernels, and which of it is older than its tests; run nothing
The exit status is 1 if a mutant survives that neither tools/src/mutation/equivalents.ts nor hiddenFaults.ts lets off,
if a test fails without a fault, or if a kernel could not be examined to the end; these are listed last.
Example: nx run tools:mutate -- --kernel='^(unfold|conv)' --tests=ops/conv --record`;

const source = join(workspaceRoot, "packages", "tensor-core", "src");
/** Whose functions are examined by themselves, in all kernels at once. */
const sharedSources = [
  "kernel/wgsl",
  "ops/elementwise/power.wgsl.ts",
  "ops/elementwise/unaryTable.ts",
  "ops/random/random.wgsl.ts",
];

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      kernel: { type: "string", default: "." },
      tests: { type: "string", default: "." },
      named: { type: "string", default: "." },
      list: { type: "boolean" },
      again: { type: "boolean", default: false },
      ends: { type: "boolean", default: false },
      "at-most": { type: "string", default: "Infinity" },
      adapter: { type: "string" },
      record: { type: "boolean" },
      recorded: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const wanted = new RegExp(values.kernel);
  const extent = { again: values.again, ends: values.ends, atMost: Number(values["at-most"]) };
  if (!(extent.atMost >= 1)) throw new Error(`--at-most must be a number >= 1, got ${values["at-most"]}`);
  const files = listTestFiles(source).filter((file) => new RegExp(values.tests).test(file));
  if (files.length === 0) throw new Error(`no test file matches --tests=${values.tests}`);
  const chosen = softwareAdapters.find((name) => name === values.adapter);
  if (values.adapter !== undefined && !chosen)
    throw new Error(`--adapter must be ${softwareAdapters.join(" or ")}, got ${values.adapter}`);
  const digestOfTest = testDigests(source);
  if (values.recorded) {
    const shown = readRecorded(recordFileOf(chosen ?? "lavapipe")).filter(({ kernel }) =>
      wanted.test(kernel),
    );
    console.log(showSummaries(shown));
    const old = shown.filter(({ tests }) => !testsHold(tests, digestOfTest)).map(({ kernel }) => kernel);
    if (old.length > 0) console.log(`\nmutate: older than their tests: ${old.join(", ")}`);
    return 0;
  }
  const adapter = await provideMutationAdapter(chosen);
  console.log(`mutate: on ${adapter.name}`);
  const host = new MutationHost(() => startWorker(adapter.env));
  const kept = keptFolder(adapter);
  const recordFile = recordFileOf(adapter.kind);
  const examination = { host, adapter, kept, digestOfTest };
  try {
    const plan = await providePlan(host, files, values.named, { source, kept });
    const all = listSubjects(plan, readShared());
    const subjects = all.filter(({ label }) => wanted.test(label));
    if (subjects.length === 0) throw new Error(`no kernel matches --kernel=${values.kernel}`);
    if (values.list) {
      for (const { label, texts } of subjects) console.log(`${label}: ${listMutants(texts).length} mutants`);
      return 0;
    }
    const summaries: KernelSummary[] = [];
    const problems = plan.failing.map((line) => `left out, fails without a fault: ${line}`);
    for (const subject of subjects) {
      try {
        const summary = await examine(examination, subject, extent, readRecorded(recordFile));
        summaries.push(summary);
        if (values.record) writeRecorded(recordFile, mergeSummaries(readRecorded(recordFile), [summary]));
      } catch (error) {
        problems.push(`not examined to the end: ${(error as Error).message}`);
        host.close(); // the next kernel begins in a process that nothing has spoilt
      }
    }
    const whole =
      files.length === listTestFiles(source).length && values.named === "." && problems.length === 0;
    if (values.record && whole) {
      const labels = new Set(all.map(({ label }) => label));
      writeRecorded(
        recordFile,
        readRecorded(recordFile).filter(({ kernel }) => labels.has(kernel)),
      );
    }
    console.log(showSummaries(summaries));
    for (const problem of problems) console.log(`mutate: ${problem}`);
    return problems.length > 0 || summaries.some(({ survivors }) => survivors.length > 0) ? 1 : 0;
  } finally {
    host.close();
  }
});

/** The result of a kernel: the recorded one where it still holds, else a new one. */
async function examine(
  examination: Examination,
  subject: Subject,
  extent: Extent,
  recorded: readonly KernelSummary[],
): Promise<KernelSummary> {
  const { label, texts, tests } = subject;
  const earlier = recorded.find(({ kernel }) => kernel === label);
  if (earlier && !extent.again && stillHolds(earlier, digestOf(texts), examination.digestOfTest))
    return earlier;
  const summary = summarizeKernel(await examineSubject(examination, subject, extent));
  const { killed, survivors, mutants, secondsPerMutant } = summary;
  console.log(
    `mutate: ${label}: ${killed} of ${mutants} killed, ${survivors.length} survive ` +
      `(${tests.length} tests, ${secondsPerMutant} s a mutant)`,
  );
  return summary;
}

/** Plans and results of adapters differ: the features that they have choose variants, and each hides other faults. */
function keptFolder({ kind }: MutationAdapter): string {
  const folder = join(workspaceRoot, ".candor", "mutation");
  return kind === "lavapipe" ? folder : join(folder, kind);
}

function recordFileOf(kind: AdapterKind): string {
  const name = kind === "lavapipe" ? "mutation.json" : `mutation.${kind}.json`;
  return join(workspaceRoot, "packages", "tensor-core", "results", name);
}

function readShared(): string[] {
  return sharedSources.flatMap((name) => {
    const path = join(source, name);
    const files = name.endsWith(".ts") ? [path] : readdirSync(path).map((file) => join(path, file));
    return files.map((file) => readFileSync(file, "utf8"));
  });
}

function readRecorded(file: string): KernelSummary[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KernelSummary[]) : [];
}

function writeRecorded(file: string, summaries: readonly KernelSummary[]): void {
  mkdirSync(dirname(file), { recursive: true });
  // Renamed into place: another run may be reading.
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(summaries, undefined, 1)}\n`);
  renameSync(part, file);
}
