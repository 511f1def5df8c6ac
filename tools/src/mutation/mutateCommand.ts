/** @file `nx run tools:mutate`: puts faults into kernels and runs the op suite, which must notice each. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { whyEquivalent } from "./equivalents.ts";
import { listMutants } from "./mutants.ts";
import { MutationHost } from "./mutationHost.ts";
import type { Plan } from "./mutationMessages.ts";
import {
  digestOf,
  type KernelRecord,
  type MutantRecord,
  showSummaries,
  summarizeKernel,
} from "./mutationReport.ts";
import { listSubjects, type Subject } from "./subjects.ts";

const help = `nx run tools:mutate [-- --kernel=PATTERN] [--list] [--again] [--record]

Puts one fault at a time into the WGSL of each kernel (a sign flipped, a barrier dropped, an index shifted, a comparison
swapped, a bound moved by one, min for max) and runs the tests that use the kernel, the quickest first, until one fails.
Results are kept in .candor/mutation by kernel; a kernel that has not changed since is not examined again.
  --kernel   only kernels whose label matches this regular expression
  --list     list kernels and their mutants, and run nothing but the plan
  --again    forget earlier results of these kernels
  --record   write the table of all results to packages/tensor-core/results/mutation.json
The exit status is 1 if a mutant survives that tools/src/mutation/equivalents.ts does not justify.`;

const folder = join(workspaceRoot, ".candor", "mutation");
const recordFile = join(workspaceRoot, "packages", "tensor-core", "results", "mutation.json");
const slowFactor = 10;
const leastTimeoutMs = 30_000;

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      kernel: { type: "string", default: "." },
      list: { type: "boolean" },
      again: { type: "boolean" },
      record: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  mkdirSync(folder, { recursive: true });
  const wanted = new RegExp(values.kernel);
  const host = new MutationHost();
  try {
    const plan = await providePlan(host);
    for (const line of plan.failing) console.log(`mutate: left out, fails without a fault: ${line}`);
    const subjects = listSubjects(plan).filter(({ label }) => wanted.test(label));
    if (subjects.length === 0) throw new Error(`no kernel matches --kernel=${values.kernel}`);
    if (values.list) {
      for (const { label, texts } of subjects) console.log(`${label}: ${listMutants(texts).length} mutants`);
      return 0;
    }
    const records: KernelRecord[] = [];
    for (const subject of subjects) records.push(await examine(host, subject, values.again ?? false));
    const summaries = records.map(summarizeKernel);
    console.log(showSummaries(summaries));
    if (values.record) record();
    return summaries.some(({ survivors }) => survivors.length > 0) ? 1 : 0;
  } finally {
    host.close();
  }
});

/** The plan of an earlier run where no source has changed since, else a new one. */
async function providePlan(host: MutationHost): Promise<Plan> {
  const source = join(workspaceRoot, "packages", "tensor-core", "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const digest = digestOf(files.map((name) => readFileSync(join(source, name), "utf8")));
  const file = join(folder, "plan.json");
  if (existsSync(file)) {
    const earlier = JSON.parse(readFileSync(file, "utf8")) as { digest: string; plan: Plan };
    if (earlier.digest === digest) return earlier.plan;
  }
  console.log("mutate: running all tests without faults");
  const plan = await host.plan();
  writeFileSync(file, JSON.stringify({ digest, plan }));
  return plan;
}

async function examine(host: MutationHost, subject: Subject, again: boolean): Promise<KernelRecord> {
  const { label, texts, functions, tests } = subject;
  const digest = digestOf(texts);
  const earlier = again ? undefined : readRecord(label);
  const known = new Map<string, MutantRecord>();
  if (earlier?.digest === digest) {
    for (const mutant of earlier.mutants) {
      const { equivalent: _, ...found } = mutant;
      const why = found.verdict === "survived" ? whyEquivalent(label, found, texts) : undefined;
      // A survivor is tried again: tests may have been added.
      if (found.verdict === "survived" && why === undefined) continue;
      known.set(`${found.line}\n${found.mutated}`, {
        ...found,
        ...(why === undefined ? {} : { equivalent: why }),
      });
    }
  }
  const timeoutMs = leastTimeoutMs + slowFactor * tests.reduce((total, { ms }) => total + ms, 0);
  const mutants: MutantRecord[] = [];
  for (const mutant of listMutants(texts)) {
    const before = known.get(`${mutant.line}\n${mutant.mutated}`);
    if (before) {
      mutants.push(before);
      continue;
    }
    const request = {
      kind: "mutant",
      label,
      mutant,
      tests: tests.map(({ index }) => index),
      ...(functions ? { functions } : {}),
    } as const;
    const verdict = await host.examine(request, timeoutMs);
    const equivalent = verdict.kind === "survived" ? whyEquivalent(label, mutant, texts) : undefined;
    mutants.push({
      ...mutant,
      verdict: verdict.kind,
      ...(verdict.kind === "killed" ? { by: verdict.by } : {}),
      ...(equivalent === undefined ? {} : { equivalent }),
    });
    writeRecord({ label, digest, mutants });
  }
  const found = { label, digest, mutants };
  writeRecord(found);
  const { killed, survivors, mutants: count } = summarizeKernel(found);
  console.log(
    `mutate: ${label}: ${killed} of ${count} killed, ${survivors.length} survive (${tests.length} tests)`,
  );
  return found;
}

function fileOf(label: string): string {
  return join(folder, `${label}.json`);
}

function readRecord(label: string): KernelRecord | undefined {
  const file = fileOf(label);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KernelRecord) : undefined;
}

function writeRecord(record: KernelRecord): void {
  writeFileSync(fileOf(record.label), `${JSON.stringify(record, undefined, 1)}\n`);
}

function record(): void {
  const summaries = readdirSync(folder)
    .filter((name) => name.endsWith(".json") && name !== "plan.json")
    .toSorted()
    .map((name) => summarizeKernel(JSON.parse(readFileSync(join(folder, name), "utf8")) as KernelRecord));
  mkdirSync(join(recordFile, ".."), { recursive: true });
  writeFileSync(recordFile, `${JSON.stringify(summaries, undefined, 1)}\n`);
}
