/** @file A captioner's loss on held-out pairs with their own images and with each other's: whether it looks at them. */

import {
  type ChannelStatistics,
  channelStatistics,
  createRandom,
  type ImageSet,
  type ManifestRow,
  normalizeBatch,
  type OpenedImages,
  permutation,
} from "@candor/data";
import { type Device, noGrad, tensor } from "@candor/tensor-core";
import { readLatestCheckpoint } from "../checkpoint/checkpoint.ts";
import { loadMethod } from "../method/buildMethod.ts";
import type { Method } from "../method/method.ts";
import type { RunConfig } from "../recipes/runConfig.ts";

/** Mean losses of a token. */
export interface CaptionLoss {
  /** On the pairs as they are. */
  readonly own: number;
  /** With the image of another pair for each caption: about the same where the captioner ignores the image. */
  readonly shuffled: number;
}

const batchSize = 32;

/**
 * Measures the newest checkpoint of a captioner.
 *
 * @param folder the captioner's run
 * @param pairs at least two rows, with their images
 * @param seed of the shuffling, in which no image keeps its caption
 * @throws Error if the run has no checkpoint yet, or cannot be opened
 */
export async function captionLoss(
  device: Device,
  folder: string,
  config: RunConfig,
  { rows, images }: Pick<OpenedImages, "rows" | "images">,
  seed: number,
): Promise<CaptionLoss> {
  const checkpoint = await readLatestCheckpoint(folder);
  if (!checkpoint) throw new Error(`${folder} has no checkpoint yet`);
  const method = await loadMethod(device, config, folder, checkpoint);
  try {
    const order = permutation(createRandom(seed), rows.length);
    const other = new Map([...order].map((i, place) => [i, order[(place + 1) % rows.length] as number]));
    const statistics = channelStatistics[config.normalization];
    const loss = (imageOf: (i: number) => number) =>
      meanLoss(device, method, rows, images, statistics, imageOf);
    return { own: await loss((i) => i), shuffled: await loss((i) => other.get(i) as number) };
  } finally {
    method.model.dispose();
  }
}

async function meanLoss(
  device: Device,
  method: Method,
  rows: readonly ManifestRow[],
  images: ImageSet,
  statistics: ChannelStatistics,
  imageOf: (index: number) => number,
): Promise<number> {
  const size = method.imageSize;
  let sum = 0;
  for (let start = 0; start < rows.length; start += batchSize) {
    using _batch = device.scope();
    const part = rows.slice(start, start + batchSize);
    const indices = part.map((_, i) => imageOf(start + i));
    const pixels = normalizeBatch(images, indices, undefined, statistics);
    const batch = tensor(device, pixels, [part.length, 3, size, size]); // [B, 3, S, S]
    const targets = Object.entries(method.targets(part)).map(([name, { shape, data }]) => [
      name,
      tensor(device, data, shape, data instanceof Float32Array ? "f32" : "i32"),
    ]);
    const losses = noGrad(() => method.losses(batch, Object.fromEntries(targets)));
    sum += (await losses.loss.item()) * part.length;
  }
  return sum / rows.length;
}
