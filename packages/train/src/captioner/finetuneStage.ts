/** @file SCF's third stage: the captioner learns the kept pairs and becomes the spoof-aware one. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answerFor, type ManifestRow, openImages, readManifest } from "@candor/data";
import type { Device } from "@candor/tensor-core";
import { listCheckpoints } from "../checkpoint/checkpoint.ts";
import { fit, type FitOptions } from "../loop/fit.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { captionLoss, type CaptionLoss } from "./captionLoss.ts";
import type { CaptionWork } from "./captionWork.ts";

/** What a training did. */
export interface TrainingCounts {
  readonly steps: number;
  /** Steps that were done before this run. */
  readonly kept: number;
  readonly stopped: boolean;
  /** On the dev pairs, which are not trained on; absent where there are fewer than two, or the training was stopped. */
  readonly devLoss?: CaptionLoss;
  readonly samplesPerSecond?: number;
}

/** What the stage did: the pairs that it used, and its one or two trainings. */
export interface FinetuneCounts extends TrainingCounts {
  readonly trainPairs: number;
  readonly devPairs: number;
  /** The training that comes first, where there is one. */
  readonly grounding?: TrainingCounts;
}

/** What the captioner starts from, and how the stage is watched and stopped. */
export interface FinetuneOptions extends Pick<FitOptions, "warn"> {
  /** Folder of the captioner to be fine-tuned; initial weights where there is none. */
  readonly from?: string | undefined;
  /** Steps on class templates before the captions; none with `from`, whose captioner sees already. */
  readonly groundingSteps: number;
  /** @param title which of the two trainings it is */
  readonly progress: (title: string, total: number, start: number) => ReturnType<FitOptions["progress"]>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains I-FAS on the captions of the kept pairs alone: the judgment has no weight (L-LM with alpha = 0), and since all
 * pairs are spoofs it is the same token everywhere. A run that was stopped goes on from its newest checkpoint.
 *
 * A captioner from initial weights is grounded first: it learns the template of each pair's attack, "this is a printed
 * photo.", the same knowledge that the filter uses. The attack is one token of eight there, and one of up to forty in a
 * caption, too weak a gradient for vision that has learnt nothing; the paper's C_G is pretrained.
 *
 * @param base model, optimiser and steps; what is learnt from which data is set here
 * @throws Error if the filter has not been run, or a folder was trained on other pairs or with other settings
 */
export async function finetuneStage(
  device: Device,
  work: CaptionWork,
  base: RunConfig,
  options: FinetuneOptions,
): Promise<FinetuneCounts> {
  if (!existsSync(work.pairs)) throw new Error(`there is no ${work.pairs} yet; run --stage=filter first`);
  const { rows } = await readManifest(work.pairs);
  const ofSplit = (split: string) => rows.filter((row) => row.split === split);
  const config = captionerConfig(base, work.pairs, [...new Set(ofSplit("train").map((row) => row.dataset))]);
  const pairs = createHash("sha256")
    .update(JSON.stringify(rows.map(({ id, captionSpoof }) => [id, captionSpoof])))
    .digest("hex");
  const counts = { trainPairs: ofSplit("train").length, devPairs: ofSplit("dev").length };
  const { from, groundingSteps, progress, warn, signal } = options;
  const given = { device, dev: ofSplit("dev"), root: work.root, warn, signal };

  const grounds = from === undefined && groundingSteps > 0;
  const { grounding: groundingFolder, captioner: folder } = work.files;
  let grounding: TrainingCounts | undefined;
  if (grounds) {
    const first = groundingConfig(config, groundingSteps);
    grounding = await train(first, {
      ...given,
      folder: groundingFolder,
      stamp: { pairs, config: first },
      moreTexts: ofSplit("train").map((row) => answerFor(row, "captionSpoof")),
      progress: (total, start) => progress("grounding", total, start),
    });
    if (grounding.stopped) return { ...counts, grounding, steps: 0, kept: 0, stopped: true };
  }
  const captions = await train(grounds ? keepingVision(config) : config, {
    ...given,
    folder,
    stamp: { pairs, from: grounds ? { groundingSteps } : (from ?? null), config },
    from: grounds ? groundingFolder : from,
    progress: (total, start) => progress("captioner", total, start),
  });
  return { ...counts, ...(grounding ? { grounding } : {}), ...captions };
}

interface TrainOptions extends Pick<FitOptions, "folder" | "from" | "moreTexts" | "progress" | "warn"> {
  readonly device: Device;
  readonly dev: readonly ManifestRow[];
  /** The manifest's folder. */
  readonly root: string;
  /** What the folder's weights come from. */
  readonly stamp: unknown;
  readonly signal: AbortSignal | undefined;
}

async function train(config: RunConfig, options: TrainOptions): Promise<TrainingCounts> {
  const { device, folder, from, moreTexts, stamp, progress, warn, signal, dev, root } = options;
  checkStamp(folder, JSON.stringify(stamp));
  const kept = listCheckpoints(folder).at(-1) ?? 0;
  const result =
    kept < config.steps
      ? await fit(device, config, {
          folder,
          resume: kept > 0,
          drawn: "spoof",
          from,
          moreTexts,
          progress,
          warn,
          ...(signal ? { signal } : {}),
        })
      : undefined;
  const stopped = result?.stopped ?? false;
  return {
    steps: result?.steps ?? kept,
    kept,
    stopped,
    ...(result ? { samplesPerSecond: result.samplesPerSecond } : {}),
    ...(stopped ? {} : await devLossOf(device, folder, config, dev, root)),
  };
}

async function devLossOf(
  device: Device,
  folder: string,
  config: RunConfig,
  dev: readonly ManifestRow[],
  root: string,
): Promise<Pick<TrainingCounts, "devLoss">> {
  const { imageSize: size, shards, seed } = config;
  if (dev.length < 2) return {};
  const opened = await openImages(dev, { root, size, shards });
  return opened.rows.length < 2 ? {} : { devLoss: await captionLoss(device, folder, config, opened, seed) };
}

/** A configuration that learns captions and nothing else. */
function captionerConfig(base: RunConfig, manifest: string, datasets: string[]): RunConfig {
  return {
    ...base,
    method: "ifas",
    manifest,
    datasets,
    caption: "captionSpoof",
    loss: "lopsided",
    alpha: 0,
  };
}

function groundingConfig(config: RunConfig, steps: number): RunConfig {
  return { ...config, caption: "template", steps, evaluateEvery: steps };
}

/** New words bring gradients that would undo what vision has learnt, so it is kept unless the configuration says more. */
function keepingVision(config: RunConfig): RunConfig {
  if (config.lora || config.groups.length > 0) return config;
  return { ...config, groups: ["vit.*", "connector.*"].map((match) => ({ match, rate: 0 })) };
}

/** Says which pairs and settings the folder's weights come from. */
export function stampFile(captionerFolder: string): string {
  return join(captionerFolder, "stamp.json");
}

function checkStamp(folder: string, stamp: string): void {
  mkdirSync(folder, { recursive: true });
  const file = stampFile(folder);
  if (!existsSync(file) || listCheckpoints(folder).length === 0) writeFileSync(file, stamp);
  else if (readFileSync(file, "utf8") !== stamp) {
    throw new Error(
      `${folder} was trained on other pairs or with other settings; delete it to train again, or give another --work`,
    );
  }
}
