/** @file The process that runs tests with a fault in one kernel; a fault may hang or crash it. */

import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import type { CollectedTest } from "./collectTests.ts";
import { kernelName } from "./kernelName.ts";
import type {
  MutantRequest,
  Plan,
  PlannedTest,
  PlanRequest,
  Reply,
  Request,
  Verdict,
} from "./mutationMessages.ts";
import { applyMutant } from "./mutants.ts";
import { digestOf } from "./mutationReport.ts";
import { runTests } from "./runTests.ts";

// Loaded at run time, not imported: these sources are what is examined here.
const tensorCore = join(workspaceRoot, "packages", "tensor-core", "src");
const load = (file: string): Promise<unknown> => import(pathToFileURL(join(tensorCore, file)).href);

interface Kernel {
  readonly label: string;
  readonly body: string;
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly features?: readonly string[];
}

interface PipelineCacheClass {
  readonly prototype: { get(kernel: Kernel): unknown };
}

interface Pool {
  acquire(...args: never[]): unknown;
  trim(): void;
}

interface Active {
  readonly request: MutantRequest;
  readonly mutated: Map<Kernel, Kernel>;
}

let active: Active | undefined;
const pools = new Set<Pool>();
const used = { labels: new Set<string>(), bodies: new Set<string>() };
const bodies = new Map<string, Set<string>>();
let mutants = 0;

/** Lets each kernel pass through here on its way to its pipeline. */
function watch({ prototype }: PipelineCacheClass): void {
  const get = prototype.get;
  prototype.get = function (kernel) {
    const name = kernelName(kernel);
    used.labels.add(name);
    used.bodies.add(kernel.body);
    let texts = bodies.get(name);
    if (!texts) bodies.set(name, (texts = new Set()));
    texts.add(kernel.body);
    if (!active || !concerns(kernel, active.request)) return get.call(this, kernel);
    let mutated = active.mutated.get(kernel);
    if (!mutated) {
      const { mutant, functions } = active.request;
      const body = applyMutant(kernel.body, mutant, functions);
      // A label of its own keeps the mutant's pipeline apart from the kernel's.
      mutated = body === kernel.body ? kernel : { ...kernel, label: `${kernel.label}#${mutants}`, body };
      active.mutated.set(kernel, mutated);
    }
    return get.call(this, mutated);
  };
}

/** Knows every pool that gives memory away. */
function watchMemory({ prototype }: { readonly prototype: Pool }): void {
  const acquire = prototype.acquire;
  prototype.acquire = function (...args) {
    pools.add(this);
    return acquire.apply(this, args);
  };
}

function concerns(kernel: Kernel, { label, functions }: MutantRequest): boolean {
  return functions ? functions.some((text) => kernel.body.includes(text)) : kernelName(kernel) === label;
}

async function run(test: CollectedTest): Promise<Error | undefined> {
  try {
    await test.run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const byFile = new Map<string, readonly CollectedTest[]>();

/** The tests of a file, read once. */
async function testsOf(file: string): Promise<readonly CollectedTest[]> {
  let tests = byFile.get(file);
  if (!tests) {
    collected.tests = [];
    collected.pending = [];
    await load(file);
    await Promise.all(collected.pending);
    byFile.set(file, (tests = collected.tests));
  }
  return tests;
}

async function plan({ file, named }: PlanRequest): Promise<Plan> {
  const planned: PlannedTest[] = [];
  const failing: string[] = [];
  bodies.clear();
  const wanted = new RegExp(named);
  for (const [index, test] of (await testsOf(file)).entries()) {
    if (!wanted.test(test.name)) continue;
    await run(test); // the first run compiles, and is not timed
    used.labels.clear();
    used.bodies.clear();
    const started = performance.now();
    const error = await run(test);
    if (error) {
      failing.push(`${file}: ${test.name}: ${error.message.split("\n")[0]}`);
      continue;
    }
    const ms = performance.now() - started;
    const labels = [...used.labels];
    if (labels.length === 0) continue;
    const digests = [...used.bodies].map((body) => digestOf([body]));
    planned.push({ index, name: test.name, file, ms, labels, bodies: digests });
  }
  const kernels = Object.fromEntries([...bodies].map(([label, texts]) => [label, [...texts]]));
  return { tests: planned, kernels, failing };
}

async function examine(request: MutantRequest): Promise<Verdict> {
  mutants++;
  for (const { file } of request.tests) await testsOf(file);
  // What a kernel leaves out would be found in memory where an earlier run of the same test had written it.
  for (const pool of pools) pool.trim();
  active = { request, mutated: new Map() };
  const tests = request.tests.map(({ file, index }) => {
    const test = byFile.get(file)?.[index];
    if (!test) throw new Error(`${file} has no test ${index}`);
    return { file, index, name: test.name, run: () => run(test) };
  });
  try {
    return await runTests(tests, (begins) => send({ begins }));
  } finally {
    active = undefined;
  }
}

const send = (reply: Reply): void => void process.send?.(reply);

register("./vitestHook.mjs", import.meta.url);
const fastCheck = (await import("fast-check")) as { configureGlobal(options: object): void };
fastCheck.configureGlobal({ endOnFailure: true }); // the smallest counterexample is of no interest
watch(((await load("kernel/pipelineCache.ts")) as { PipelineCache: PipelineCacheClass }).PipelineCache);
watchMemory(((await load("memory/bufferPool.ts")) as { BufferPool: { prototype: Pool } }).BufferPool);
const { collected } = (await import("./collectTests.ts")) as typeof import("./collectTests.ts");
process.on("message", async (request: Request) => {
  if (request.kind === "plan") send({ plan: await plan(request) });
  else send({ verdict: await examine(request) });
});
process.on("disconnect", () => process.exit(0));
send({ ready: true });
