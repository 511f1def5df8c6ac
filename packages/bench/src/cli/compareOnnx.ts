/** @file P(live) by onnxruntime of a run's exported judgment, beside P(live) by the run itself. */

import { channelStatistics, normalizeBatch, type ImageSet } from "@candor/data";
import type { Predictor } from "@candor/train";

/** The part of onnxruntime-node that is used. */
export interface OnnxRuntime {
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
  readonly InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(feeds: Record<string, object>): Promise<Record<"pLive", { readonly data: Float32Array }>>;
    }>;
  };
}

/** How far the two are apart. */
export interface OnnxComparison {
  /** Of P(live). */
  readonly largestDifference: number;
  /** Images whose verdict at the run's threshold differs. */
  readonly otherVerdict: number;
}

/** Scores all images by both, normalised as the run was trained. */
export async function compareOnnx(
  ort: OnnxRuntime,
  model: Uint8Array,
  predictor: Pick<Predictor, "config" | "score" | "threshold">,
  images: ImageSet,
): Promise<OnnxComparison> {
  const session = await ort.InferenceSession.create(model);
  const { size, count } = images;
  const statistics = channelStatistics[predictor.config.normalization];
  let largestDifference = 0;
  let otherVerdict = 0;
  for (let start = 0; start < count; start += 32) {
    const indices = Array.from({ length: Math.min(32, count - start) }, (_, i) => start + i);
    const planes = normalizeBatch(images, indices, undefined, statistics);
    const feed = new ort.Tensor("float32", planes, [indices.length, 3, size, size]); // [B, 3, S, S]
    const theirs = (await session.run({ images: feed })).pLive.data;
    const ours = await predictor.score(images, indices);
    ours.forEach((score, i) => {
      const other = theirs[i] as number;
      largestDifference = Math.max(largestDifference, Math.abs(score - other));
      const { value } = predictor.threshold;
      if (score >= value !== other >= value) otherVerdict++;
    });
  }
  return { largestDifference, otherVerdict };
}
