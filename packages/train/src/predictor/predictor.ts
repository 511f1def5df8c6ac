/** @file A trained method, loaded from a run's folder, that scores and explains images. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { channelStatistics, type ImageSet, type Label, normalizeBatch } from "@candor/data";
import { debiasedScore, type Decoding, decodings, Ifas } from "@candor/models";
import { type Device, type Module, tensor } from "@candor/tensor-core";
import { describeDamage, readCheckpoint, readLatestCheckpoint } from "../checkpoint/checkpoint.ts";
import { readRunConfig, thresholdFile } from "../checkpoint/runFolder.ts";
import { loadMethod } from "../method/buildMethod.ts";
import type { RunConfig } from "../recipes/runConfig.ts";

/** Scores images of one size. */
export interface Predictor {
  readonly method: string;
  readonly config: RunConfig;
  /** Its parameters are those of the checkpoint. */
  readonly model: Module;
  /** Steps that the checkpoint was trained for. */
  readonly step: number;
  /** Edge of the images in pixels. */
  readonly imageSize: number;
  /** P(live) above which the verdict is live; from the dev split where the benchmark wrote one, else 0.5. */
  readonly threshold: Threshold;
  /** P(live) of the images at `indices`. */
  score(images: ImageSet, indices: readonly number[]): Promise<Float32Array>;
  /** The same, decoded otherwise; undefined for methods that are not asked a question. */
  readonly scoreBy: ((decoding: Decoding) => Promise<Predictor["score"]>) | undefined;
  /**
   * The sentence of each image; undefined for methods without one. It begins with the method's own judgment, or goes
   * on from the verdicts where these are given.
   */
  readonly explain:
    | ((
        images: ImageSet,
        indices: readonly number[],
        verdicts?: readonly Label[] | undefined,
      ) => Promise<string[]>)
    | undefined;
  /**
   * Where the method looks in each image: a share of attention a patch, [grid, grid] row by row, which sum to 1;
   * undefined for methods that weigh no patches.
   */
  readonly patchAttention:
    ((images: ImageSet, indices: readonly number[]) => Promise<Float32Array[]>) | undefined;
}

export interface Threshold {
  readonly value: number;
  readonly source: string;
  /** Steps of the checkpoint that it was chosen for. */
  readonly step: number;
}

/**
 * Loads the newest checkpoint of a run's folder, or a checkpoint file inside one.
 *
 * @param warn told of damaged checkpoints that are passed over for an older one
 * @throws Error if the folder is no run, or the checkpoint is missing or damaged
 */
export async function loadPredictor(
  device: Device,
  checkpoint: string,
  warn: (text: string) => void = () => {},
): Promise<Predictor> {
  if (!existsSync(checkpoint))
    throw new Error(`no checkpoint at ${checkpoint}; train one with "npx nx run train:fit"`);
  const isFolder = statSync(checkpoint).isDirectory();
  const folder = isFolder ? checkpoint : dirname(dirname(checkpoint));
  const config = readRunConfig(folder);
  const loaded = isFolder
    ? await readLatestCheckpoint(folder, (file, cause) => warn(describeDamage(file, cause)))
    : await readCheckpoint(checkpoint);
  if (!loaded) throw new Error(`${folder} has no checkpoint yet`);
  const method = await loadMethod(device, config, folder, loaded);
  const upload = (images: ImageSet, indices: readonly number[]) =>
    tensor(device, normalizeBatch(images, indices, undefined, channelStatistics[config.normalization]), [
      indices.length,
      3,
      images.size,
      images.size,
    ]); // [B, 3, S, S]
  const explain = method.explain?.bind(method);
  const patchAttention = method.patchAttention?.bind(method);
  return {
    method: method.name,
    config,
    model: method.model,
    step: loaded.step,
    imageSize: method.imageSize,
    threshold: readThreshold(folder, loaded.step),
    score: async (images, indices) => {
      using _scope = device.scope();
      return await method.score(upload(images, indices));
    },
    scoreBy:
      method.model instanceof Ifas
        ? async (decoding) => {
            const score = await debiasedScore(device, method.model as Ifas, decodings[decoding]);
            return async (images, indices) => {
              using _scope = device.scope();
              return Float32Array.from(await score(upload(images, indices)));
            };
          }
        : undefined,
    explain:
      explain &&
      (async (images, indices, verdicts) => {
        using _scope = device.scope();
        return await explain(upload(images, indices), verdicts);
      }),
    patchAttention:
      patchAttention &&
      (async (images, indices) => {
        using _scope = device.scope();
        const shares = await patchAttention(upload(images, indices)); // [B, N]
        const patches = shares.length / indices.length;
        return indices.map((_, b) => shares.slice(b * patches, (b + 1) * patches));
      }),
  };
}

function readThreshold(folder: string, checkpointStep: number): Threshold {
  const middle = (why: string) => ({ value: 0.5, source: `0.5, as ${why}`, step: checkpointStep });
  const file = thresholdFile(folder);
  if (!existsSync(file)) return middle("no dev threshold has been chosen yet");
  const { value, source, step } = JSON.parse(readFileSync(file, "utf8")) as Threshold;
  if (!(value >= 0 && value <= 1))
    throw new Error(`${file} holds no threshold between 0 and 1, but ${value}`);
  if (step !== checkpointStep) {
    return middle(`the dev threshold was chosen for step ${step} and this is step ${checkpointStep}`);
  }
  return { value, source, step };
}
