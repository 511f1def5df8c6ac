/** @file The training loop. A run that is resumed gives the same bits as one that was never stopped. */

import { totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import {
  batchAt,
  type ChannelStatistics,
  channelStatistics,
  createBatchSampler,
  type ImageSet,
  type ManifestRow,
  normalizeBatch,
  type OpenedImages,
  openImages,
  readManifest,
  trainingBatch,
} from "@candor/data";
import { type MemoryEstimate, type ModelDescription } from "@candor/models";
import {
  type AdamW,
  capture,
  concat,
  type Device,
  DeviceLostError,
  noGrad,
  reshape,
  sizeOf,
  type StepInput,
  tensor,
  type Tensor,
  trainableParameters,
  valueAndGrad,
} from "@candor/tensor-core";
import { listCheckpoints, saveCheckpoint } from "../checkpoint/checkpoint.ts";
import { clearRun, type FolderUse, metricsFile, readStart, writeRunConfig } from "../checkpoint/runFolder.ts";
import { buildMethod, continueMethod, resumeMethod } from "../method/buildMethod.ts";
import { assertFits, describeRun, withPublishedSizes } from "../method/describeRun.ts";
import type { Method } from "../method/method.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { appendMetrics, truncateMetrics } from "./metricsLog.ts";
import { buildOptimizer, learningRates } from "./buildOptimizer.ts";
import type { Progress } from "./progress.ts";

export interface FitOptions extends FolderUse {
  /** Folder of a run of the same method whose weights are the initial ones. */
  readonly from?: string | undefined;
  /** What a new tokenizer is trained on besides the answers, for a run that goes on with other answers. */
  readonly moreTexts?: readonly string[] | undefined;
  /** What batches are drawn from: both classes in turn, or spoof rows alone, where no judgment is learnt; default both. */
  readonly drawn?: "both" | "spoof";
  readonly progress: (total: number, start: number) => Progress;
  /** Told of the parameters and of the memory of a step before anything is allocated. */
  readonly describe?: (described: MemoryEstimate & ModelDescription) => void;
  /** Told of damaged checkpoints that are skipped, and of rows that have no crop. */
  readonly warn: (text: string) => void;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface FitResult {
  readonly steps: number;
  readonly stopped: boolean;
  readonly finalLoss: number;
  readonly samplesPerSecond: number;
  readonly parameters: number;
  readonly dev: DevMeasures | undefined;
}

interface DevMeasures {
  readonly loss: number;
  /** Share of the dev frames on the right side of P(live) = 0.5. */
  readonly accuracy: number;
}

/**
 * Trains a method on the train split of one data set or several.
 *
 * @throws Error if the folder holds a run and neither `resume` nor `overwrite` is set, or one that `resume` cannot go on with by
 *   this configuration, before anything is written; if the model is larger than the memory, the manifest has no such rows, or a
 *   loss or a gradient is not finite
 * @throws DeviceLostError with the checkpoint to go on from
 */
export async function fit(device: Device, config: RunConfig, options: FitOptions): Promise<FitResult> {
  const { folder } = options;
  const checkpoint = await readStart(config, options, options.warn);
  const rate = learningRates(config);
  const described = describeRun(device, await withPublishedSizes(config));
  options.describe?.(described);
  assertFits(described, roomOf(device));
  const manifestFile = resolve(config.manifest);
  const root = dirname(manifestFile);
  const { rows } = await readManifest(manifestFile);
  const open = async (split: "train" | "dev"): Promise<OpenedImages> => {
    const { imageSize: size, shards } = config;
    const opened = await openImages(rowsOf(rows, config, split), { root, size, shards });
    if (opened.missing > 0) options.warn(`${opened.missing} ${split} rows have no crop in ${shards}`);
    return opened;
  };
  const { rows: train, images } = await open("train");
  const dev = await open("dev");
  if (!checkpoint) clearRun(folder);
  const { from, moreTexts } = options;
  const method = checkpoint
    ? await resumeMethod(device, config, folder, checkpoint)
    : from === undefined
      ? await buildMethod(device, config, train, folder, moreTexts)
      : await continueMethod(device, config, train, folder, from);
  const optimizer = buildOptimizer(method.model, config);
  const start = checkpoint?.step ?? 0;
  if (checkpoint) optimizer.loadState(checkpoint.optimizer, start);
  const metrics = metricsFile(folder);
  truncateMetrics(metrics, start);
  writeRunConfig(folder, config);

  const sampler = createBatchSampler(train, config.seed, config.batchSize, options.drawn);
  const trainStep = captureStep(device, method, optimizer, rate);
  const statistics = channelStatistics[config.normalization];
  const progress = options.progress(config.steps, start);
  const shape = [config.batchSize, 3, config.imageSize, config.imageSize];
  const planes = () => ({ shape, data: new Float32Array(sizeOf(shape)) }); // [B, 3, S, S]
  const inputs = { images: planes(), ...(method.views && { firstView: planes(), secondView: planes() }) };
  const begun = performance.now();
  let finalLoss = Number.NaN;
  let devMeasures: DevMeasures | undefined;
  let step = start;
  try {
    while (step < config.steps && !options.signal?.aborted) {
      const indices = batchAt(sampler, step);
      for (const [view, input] of [inputs.images, inputs.firstView, inputs.secondView].entries()) {
        const augmentation = view === 0 ? config.augmentation : method.views;
        if (!input || !augmentation) continue;
        const position = { seed: config.seed, step, view: view as 0 | 1 | 2 };
        await trainingBatch(images, indices, position, augmentation, input.data, statistics);
      }
      const batch = [...indices].map((i) => train[i] as ManifestRow);
      const measured = await trainStep({ ...inputs, ...method.targets(batch, step) });
      step++;
      finalLoss = measured["loss"] as number;
      appendMetrics(metrics, { step, ...measured, learningRate: rate(step - 1) });
      assertFinite(measured, step);
      const samplesPerSecond = ((step - start) * config.batchSize) / ((performance.now() - begun) / 1000);
      progress.update(step, finalLoss, samplesPerSecond);
      if (dev.rows.length > 0 && (step % config.evaluateEvery === 0 || step === config.steps)) {
        devMeasures = await measureDev(device, method, dev, statistics);
        appendMetrics(metrics, { step, devLoss: devMeasures.loss, devAccuracy: devMeasures.accuracy });
      }
      if (step % config.checkpointEvery === 0 || step === config.steps) {
        await saveCheckpoint(folder, step, method.model, optimizer, method.leftOut);
      }
    }
    if (step < config.steps && step > start)
      await saveCheckpoint(folder, step, method.model, optimizer, method.leftOut);
    return {
      steps: step,
      stopped: step < config.steps,
      finalLoss,
      samplesPerSecond: ((step - start) * config.batchSize) / ((performance.now() - begun) / 1000),
      parameters: method.model.parameterCount(),
      dev: devMeasures,
    };
  } catch (error) {
    if (error instanceof DeviceLostError) throw explainLoss(error, folder, step);
    throw error;
  } finally {
    progress.stop();
    trainStep.dispose();
    method.model.dispose();
    optimizer.dispose();
  }
}

/** A finite loss can have gradients that are not, and the weights are lost with either. */
function assertFinite(measured: Readonly<Record<string, number>>, step: number): void {
  for (const [name, what] of [
    ["loss", "the loss"],
    ["gradNorm", "the norm of the gradient"],
  ] as const) {
    const value = measured[name] as number;
    if (Number.isFinite(value)) continue;
    throw new Error(
      `${what} is ${value} at step ${step}; lower --learning-rate. The last checkpoint is intact.`,
    );
  }
}

/** Bytes that are left of the device's budget; a software device has the machine's memory. */
function roomOf(device: Device): number {
  const { budgetBytes, usedBytes } = device.memoryReport();
  return Math.min(budgetBytes - usedBytes, device.info.software ? totalmem() : Number.POSITIVE_INFINITY);
}

/** A lost device takes the model with it, and leaves the checkpoints: another process goes on from the last of them. */
function explainLoss(error: DeviceLostError, folder: string, step: number): DeviceLostError {
  const kept = listCheckpoints(folder).at(-1);
  const wayOut =
    kept === undefined
      ? "no checkpoint was written yet: start again, with a smaller --checkpoint-every"
      : `the checkpoint of step ${kept} is intact: go on with --out=${folder} --resume`;
  return new DeviceLostError(`after step ${step}, ${error.message} Here, ${wayOut}.`, { cause: error });
}

type TrainStep = {
  (inputs: Readonly<Record<string, StepInput>>): Promise<Record<string, number>>;
  dispose(): void;
};

/** One update, recorded once and replayed; a run of it returns the losses, by name, and the gradient's norm before clipping. */
function captureStep(
  device: Device,
  method: Method,
  optimizer: AdamW,
  rate: (step: number) => number,
): TrainStep {
  let names: readonly string[] = [];
  const captured = capture(device, ({ images, ...targets }: Readonly<Record<string, Tensor>>) => {
    let losses: Readonly<Record<string, Tensor>> = {};
    const { grads } = valueAndGrad(() => {
      const all = method.losses(images!, targets);
      losses = all;
      return all.loss;
    }, trainableParameters(method.model));
    optimizer.step(grads, rate);
    const named: Readonly<Record<string, Tensor>> = { ...losses, gradNorm: optimizer.lastGradNorm };
    names = Object.keys(named);
    // One readback, so one submit a step.
    return {
      measured: concat(
        Object.values(named).map((value) => reshape(value, [1])),
        0,
      ),
    };
  });
  const run = async (inputs: Readonly<Record<string, StepInput>>) => {
    // All batches have one size, so all kernels are compiled before the first step, side by side.
    if (captured.plans === 0) await captured.prepare(inputs);
    const values = await captured.run(inputs).measured.read();
    return Object.fromEntries(names.map((name, i) => [name, values[i] as number]));
  };
  return Object.assign(run, { dispose: () => captured.dispose() });
}

async function measureDev(
  device: Device,
  method: Method,
  { images, rows }: { readonly images: ImageSet; readonly rows: readonly ManifestRow[] },
  statistics: ChannelStatistics,
): Promise<DevMeasures> {
  const size = method.imageSize;
  const batchSize = 32;
  let loss = 0;
  let right = 0;
  for (let start = 0; start < rows.length; start += batchSize) {
    using _batch = device.scope();
    const part = rows.slice(start, start + batchSize);
    const indices = part.map((_, i) => start + i);
    const batch = tensor(device, normalizeBatch(images, indices, undefined, statistics), [
      part.length,
      3,
      size,
      size,
    ]); // [B, 3, S, S]
    const scores = await method.score(batch);
    const targets = Object.entries(method.targets(part)).map(([name, { shape, data }]) => [
      name,
      tensor(device, data, shape, data instanceof Float32Array ? "f32" : "i32"),
    ]);
    const value = await noGrad(() => method.losses(batch, Object.fromEntries(targets)).loss).item();
    loss += value * part.length;
    part.forEach((row, i) => {
      if ((scores[i] as number) >= 0.5 === (row.label === "live")) right++;
    });
  }
  return { loss: loss / rows.length, accuracy: right / rows.length };
}

function rowsOf(rows: readonly ManifestRow[], config: RunConfig, split: "train" | "dev"): ManifestRow[] {
  const ofSplit = rows.filter((row) => row.split === split);
  for (const dataset of split === "train" ? config.datasets : []) {
    if (ofSplit.some((row) => row.dataset === dataset)) continue;
    const known = [...new Set(ofSplit.map((row) => row.dataset))].join(", ") || "none of any";
    throw new Error(`${config.manifest} has no train rows of data set ${dataset}; it has ${known}`);
  }
  return ofSplit.filter((row) => config.datasets.includes(row.dataset));
}
