/** @file SCF's third stage: the captioner learns the kept pairs and becomes the spoof-aware one. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "@candor/data";
import type { Device } from "@candor/tensor-core";
import { listCheckpoints } from "../checkpoint/checkpoint.ts";
import { fit, type FitOptions } from "../loop/fit.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import type { CaptionWork } from "./captionWork.ts";

export interface FinetuneCounts {
  readonly trainPairs: number;
  readonly devPairs: number;
  readonly steps: number;
  /** Steps that were done before this run. */
  readonly kept: number;
  readonly stopped: boolean;
  /** Mean loss of a caption token on the dev pairs; absent where there are none or nothing was left to do. */
  readonly devLoss?: number;
  readonly samplesPerSecond?: number;
}

/**
 * Trains I-FAS on the captions of the kept pairs alone: the judgment has no weight (L-LM with alpha = 0), and since all
 * pairs are spoofs it is the same token everywhere. A run that was stopped goes on from its newest checkpoint.
 *
 * @param base model, optimiser and steps; what is learnt from which data is set here
 * @param from folder of the captioner to be fine-tuned; initial weights where there is none
 * @throws Error if the filter has not been run, or the folder was trained on other pairs or with other settings
 */
export async function finetuneStage(
  device: Device,
  work: CaptionWork,
  base: RunConfig,
  options: Pick<FitOptions, "progress" | "warn" | "from"> & { readonly signal?: AbortSignal | undefined },
): Promise<FinetuneCounts> {
  if (!existsSync(work.pairs)) throw new Error(`there is no ${work.pairs} yet; run --stage=filter first`);
  const { rows } = await readManifest(work.pairs);
  const ofSplit = (split: string) => rows.filter((row) => row.split === split);
  const config = captionerConfig(base, work.pairs, [...new Set(ofSplit("train").map((row) => row.dataset))]);
  const folder = work.files.captioner;
  const pairs = rows.map(({ id, captionSpoof }) => [id, captionSpoof]);
  const stamp = JSON.stringify({
    pairs: createHash("sha256").update(JSON.stringify(pairs)).digest("hex"),
    from: options.from ?? null,
    config,
  });
  checkStamp(folder, stamp);
  const done = listCheckpoints(folder).at(-1) ?? 0;
  const counts = { trainPairs: ofSplit("train").length, devPairs: ofSplit("dev").length, kept: done };
  if (done >= config.steps) return { ...counts, steps: done, stopped: false };
  const { signal, from, progress, warn } = options;
  const result = await fit(device, config, {
    folder,
    resume: done > 0,
    drawn: "spoof",
    from,
    progress,
    warn,
    ...(signal ? { signal } : {}),
  });
  return {
    ...counts,
    steps: result.steps,
    stopped: result.stopped,
    samplesPerSecond: result.samplesPerSecond,
    ...(result.dev ? { devLoss: result.dev.loss } : {}),
  };
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
