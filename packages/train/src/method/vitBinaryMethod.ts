/** @file The baseline as a method: a vision transformer with a binary head. */

import { judgmentCrossEntropy, liveProbability, type VitBinary } from "@candor/models";
import { full } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import type { Method } from "./method.ts";

/**
 * Trains the two logits by the cross entropy of the labels, all samples weighed alike; the score is P(live).
 *
 * @param config of the run, of which the image size is used
 */
export function vitBinaryMethod(model: VitBinary, config: RunConfig): Method {
  return {
    name: "vit-binary",
    model,
    imageSize: config.imageSize,
    targets(rows) {
      const labels = Int32Array.from(rows, (row) => (row.label === "live" ? 0 : 1));
      return { labels: { shape: [rows.length], data: labels } };
    },
    losses(images, { labels }) {
      const batch = labels!.size;
      const weights = full(images.device, [batch], 1 / batch);
      return { loss: judgmentCrossEntropy(model.judgmentLogits(images), labels!, weights) };
    },
    async score(images) {
      return (await liveProbability(model.judgmentLogits(images)).read()) as Float32Array;
    },
    async patchAttention(images) {
      return (await model.vit.patchAttention(images).read()) as Float32Array;
    },
  };
}
