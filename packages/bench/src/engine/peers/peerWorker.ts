/** @file The process of one library: times its cases and sends each result to the process that started it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BenchCase, caseName } from "./benchCase.ts";
import { kernelProtocol, measure, stepProtocol, type Timing } from "./measure.ts";
import type { PeerLibrary, PeerName, SteadyState } from "./peerLibrary.ts";

/** What the process is asked, as its only argument, in JSON. */
export interface WorkerRequest {
  readonly peer: PeerName;
  /** Folder under which the peers are installed. */
  readonly folder: string;
  readonly cases: readonly BenchCase[];
}

/** What it sends. */
export type WorkerMessage =
  { readonly adapter: string } | { readonly case: string; readonly result: CaseResult };

/** One case on one library. */
export interface CaseResult {
  readonly timing?: Timing;
  /** Losses of a training step, from the first call on. */
  readonly losses?: readonly number[];
  /** Values spread over the output, to be compared between libraries. */
  readonly sample?: readonly number[];
  readonly steadyState?: SteadyState;
  /** Why there are no figures. */
  readonly error?: string;
}

const sampleSize = 257;
const steadySteps = 5;

/** Loads one library only: what the others bring along must not change its figures. */
async function open({ peer, folder }: WorkerRequest): Promise<PeerLibrary> {
  const require = createRequire(join(folder, "package.json"));
  const load = async (name: string): Promise<unknown> => {
    // A CommonJS resolution may name another file than a module's, so the module's own entry is read.
    const root = join(folder, "node_modules", name);
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      exports: { ".": { import: string } };
    };
    return import(pathToFileURL(join(root, manifest.exports["."].import)).href);
  };
  const backend = peer.split("-")[1] as "webgpu" | "wasm" | "cpu";
  if (peer === "candor") return (await import("./candor.ts")).openCandor();
  if (backend === "cpu" || peer === "ort-webgpu") {
    return (await import("./onnxRuntime.ts")).openOnnxRuntime(require, backend === "cpu" ? "cpu" : "webgpu");
  }
  if (peer.startsWith("jax")) return (await import("./jaxJs.ts")).openJaxJs(load, backend);
  return (await import("./tfjs.ts")).openTfjs(require, backend);
}

async function runCase(library: PeerLibrary, work: BenchCase): Promise<CaseResult | undefined> {
  const prepared = await library.prepare(work);
  if (!prepared) return undefined;
  const losses: number[] = [];
  const keep = (loss: number | void): void => {
    if (typeof loss === "number") losses.push(loss);
  };
  if (work.kind === "coldStep") {
    const started = performance.now();
    keep(await prepared.run());
    const firstMs = performance.now() - started;
    const timing = { firstMs, medianMs: firstMs, minMs: firstMs, maxMs: firstMs, iterations: 1, cpuMs: 0 };
    return { timing, losses };
  }
  const protocol = work.kind === "step" ? stepProtocol : kernelProtocol;
  const timing = await measure(() => prepared.run(), protocol, keep);
  const output = await prepared.output?.();
  const sample =
    output &&
    Array.from(
      { length: sampleSize },
      (_, i) => output[Math.floor((i * (output.length - 1)) / (sampleSize - 1))] as number,
    );
  let steadyState: SteadyState | undefined;
  if (prepared.steadyState) {
    const steps: SteadyState[] = [];
    for (let index = 0; index < steadySteps; index++) steps.push(await prepared.steadyState());
    steadyState = steps.toSorted((a, b) => a.hostShare - b.hostShare)[Math.floor(steadySteps / 2)];
  }
  prepared.dispose?.();
  return {
    timing,
    ...(losses.length > 0 ? { losses } : {}),
    ...(sample ? { sample } : {}),
    ...(steadyState ? { steadyState } : {}),
  };
}

const send = (message: WorkerMessage): Promise<void> =>
  new Promise((resolve, reject) =>
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve())),
  );

const request = JSON.parse(process.argv[2] ?? "{}") as WorkerRequest;
try {
  const library = await open(request);
  await send({ adapter: library.adapter });
  for (const work of request.cases) {
    let result: CaseResult | undefined;
    try {
      result = await runCase(library, work);
    } catch (error) {
      result = { error: (error as Error).message.split("\n")[0] ?? "failed" };
    }
    if (result) await send({ case: caseName(work), result });
  }
  process.exit(0); // a library's device may keep the process alive
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
}
