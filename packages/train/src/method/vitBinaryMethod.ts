/** @file The baseline as a method: a vision transformer with a binary head. */

import { judgmentCrossEntropy, liveProbability, type VitBinary } from "@candor/models";
import { full, tensor } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import type { Method } from "./method.ts";

export function vitBinaryMethod(model: VitBinary, config: RunConfig): Method {
  return {
    name: "vit-binary",
    model,
    imageSize: config.imageSize,
    losses(images, rows) {
      const labels = tensor(
        images.device,
        rows.map((row) => (row.label === "live" ? 0 : 1)),
        [rows.length],
        "i32",
      );
      const weights = full(images.device, [rows.length], 1 / rows.length);
      return { loss: judgmentCrossEntropy(model.judgmentLogits(images), labels, weights) };
    },
    async score(images) {
      return (await liveProbability(model.judgmentLogits(images)).read()) as Float32Array;
    },
  };
}
