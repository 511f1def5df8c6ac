/** @file `nx run tools:mutate`: puts faults into kernels and runs the op suite, which must notice each. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { examineSubject, type Extent, testDigests } from "./examineSubject.ts";
import { listMutants } from "./mutants.ts";
import { MutationHost } from "./mutationHost.ts";
import { providePlan } from "./mutationPlan.ts";
import {
  digestOf,
  type KernelSummary,
  mergeSummaries,
  showSummaries,
  stillHolds,
  summarizeKernel,
} from "./mutationReport.ts";
import { listSubjects, type Subject } from "./subjects.ts";
import { listTestFiles } from "./testFiles.ts";

const help = `nx run tools:mutate [-- --kernel=PATTERN] [--tests=PATTERN] [--named=PATTERN] [--list]
                        [--again] [--ends] [--at-most=N] [--record]

Puts one fault at a time into the WGSL of each kernel (a sign flipped, a barrier dropped, an index shifted, a comparison
swapped, a bound moved by one, min for max) and runs the tests that use the kernel until one fails: the file of which
most tests use it first, of these the quickest, and before all the test that killed the mutant before.
A kernel is passed over where packages/tensor-core/results/mutation.json has a result for the same WGSL and the same
test files with no survivor. What an interrupted run found is kept in .candor/mutation.
  --kernel   only kernels whose label matches this regular expression
  --tests    only the test files whose path does, such as ops/conv: quicker to begin with than the whole suite, but a
             mutant that another file kills counts as a survivor
  --named    only the tests whose full names do, such as "epilogue"; what holds for --tests holds here
  --list     list kernels and their mutants, and run nothing but the tests without faults
  --again    forget earlier results of these kernels
  --at-most  examine N mutants of a kernel, spread evenly over its text, beside those that were examined before; the
             table says which share that is, and a later run without it goes on with the rest
  --ends     of lines that differ in numbers alone, as one line of our source makes for each row of a block, only the
             first and the last; the table says which share of the forms was examined
  --record   put the results of these kernels into packages/tensor-core/results/mutation.json, beside the others there
The exit status is 1 if a mutant survives that tools/src/mutation/equivalents.ts does not justify.
Example: nx run tools:mutate -- --kernel='^(unfold|conv)' --tests=ops/conv --record`;

const source = join(workspaceRoot, "packages", "tensor-core", "src");
const folders = { source, kept: join(workspaceRoot, ".candor", "mutation") };
const recordFile = join(workspaceRoot, "packages", "tensor-core", "results", "mutation.json");
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
      record: { type: "boolean" },
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
  const host = new MutationHost();
  try {
    const plan = await providePlan(host, files, values.named, folders);
    for (const line of plan.failing) console.log(`mutate: left out, fails without a fault: ${line}`);
    const subjects = listSubjects(plan, readShared()).filter(({ label }) => wanted.test(label));
    if (subjects.length === 0) throw new Error(`no kernel matches --kernel=${values.kernel}`);
    if (values.list) {
      for (const { label, texts } of subjects) console.log(`${label}: ${listMutants(texts).length} mutants`);
      return 0;
    }
    const summaries: KernelSummary[] = [];
    for (const subject of subjects) {
      const summary = await examine(host, subject, extent);
      summaries.push(summary);
      if (values.record) record([summary]);
    }
    console.log(showSummaries(summaries));
    return summaries.some(({ survivors }) => survivors.length > 0) ? 1 : 0;
  } finally {
    host.close();
  }
});

/** The result of a kernel: the recorded one where it still holds, else a new one. */
async function examine(host: MutationHost, subject: Subject, extent: Extent): Promise<KernelSummary> {
  const { label, texts, tests } = subject;
  const recorded = readRecorded().find(({ kernel }) => kernel === label);
  if (recorded && !extent.again && stillHolds(recorded, digestOf(texts), testDigests(source)))
    return recorded;
  const summary = summarizeKernel(await examineSubject(host, subject, folders, extent));
  const { killed, survivors, mutants, secondsPerMutant } = summary;
  console.log(
    `mutate: ${label}: ${killed} of ${mutants} killed, ${survivors.length} survive ` +
      `(${tests.length} tests, ${secondsPerMutant} s a mutant)`,
  );
  return summary;
}

function readShared(): string[] {
  return sharedSources.flatMap((name) => {
    const path = join(source, name);
    const files = name.endsWith(".ts") ? [path] : readdirSync(path).map((file) => join(path, file));
    return files.map((file) => readFileSync(file, "utf8"));
  });
}

function readRecorded(): KernelSummary[] {
  return existsSync(recordFile) ? (JSON.parse(readFileSync(recordFile, "utf8")) as KernelSummary[]) : [];
}

function record(summaries: readonly KernelSummary[]): void {
  mkdirSync(dirname(recordFile), { recursive: true });
  // Renamed into place: another run may be reading.
  const part = `${recordFile}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(mergeSummaries(readRecorded(), summaries), undefined, 1)}\n`);
  renameSync(part, recordFile);
}
