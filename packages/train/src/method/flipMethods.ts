/** @file FLIP's variants as methods: cross-entropy, and for FLIP-MCL two views and two readings of the prompts. */

import { type ManifestRow, simclrAugmentation } from "@candor/data";
import {
  type FlipIt,
  FlipMcl,
  FlipV,
  judgmentCrossEntropy,
  liveProbability,
  splitPrompts,
} from "@candor/models";
import { full, Random, type StepInput, type Tensor } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import type { Method } from "./method.ts";

// B batch, H hidden units, P prompts of a class

/** Share of FLIP-V's hidden units that training drops, as published. */
const dropped = 0.5;

/** FLIP-V, FLIP-IT or FLIP-MCL, by the model. */
export function flipMethod(name: string, model: FlipV | FlipIt | FlipMcl, config: RunConfig): Method {
  const isMcl = model instanceof FlipMcl;
  return {
    name,
    model,
    imageSize: config.imageSize,
    ...(isMcl ? { views: config.flip.views ?? simclrAugmentation } : {}),

    targets(rows, step) {
      const labels: StepInput = { shape: [rows.length], data: Int32Array.from(rows, classOf) };
      if (step === undefined) return { labels };
      const random = new Random(config.seed).fork(`flip ${step}`);
      if (model instanceof FlipV)
        return { labels, kept: keptUnits(random, rows.length, model.config.hidden) };
      return isMcl
        ? { labels, ...readings(random, rows, model, config.flip.promptsAsPublished) }
        : { labels };
    },

    losses(images, targets) {
      const labels = targets["labels"] as Tensor;
      const weights = full(images.device, labels.shape, 1 / labels.size);
      const { firstView, secondView, firstReading, secondReading } = targets;
      if (isMcl && firstView && secondView && firstReading && secondReading) {
        const views = [firstView, secondView] as const;
        return model.losses(images, { labels, weights, views, readings: [firstReading, secondReading] });
      }
      const logits =
        model instanceof FlipV ? model.judgmentLogits(images, targets["kept"]) : model.judgmentLogits(images);
      return { loss: judgmentCrossEntropy(logits, labels, weights) };
    },

    async score(images) {
      return (await liveProbability(model.judgmentLogits(images)).read()) as Float32Array;
    },

    async patchAttention(images) {
      const vit = model instanceof FlipV ? model.vit : model.clip.vit;
      return (await vit.patchAttention(images).read()) as Float32Array;
    },
  };
}

const classOf = (row: ManifestRow): number => (row.label === "live" ? 0 : 1);

/** Dropout as factors: 0, or what makes up for it. */
function keptUnits(random: Random, batch: number, hidden: number): StepInput {
  const data = Float32Array.from({ length: batch * hidden }, () =>
    random.uniform(0, 1) < dropped ? 0 : 1 / (1 - dropped),
  );
  return { shape: [batch, hidden], data }; // [B, H]
}

/** For each image, its class's prompts in two parts, as shares of all prompts: [B, 2 P] each. */
function readings(
  random: Random,
  rows: readonly ManifestRow[],
  model: FlipMcl,
  asPublished: boolean,
): Record<"firstReading" | "secondReading", StepInput> {
  const { live, spoof } = model.config.prompts;
  const all = live.length + spoof.length;
  const [first, second] = [new Float32Array(rows.length * all), new Float32Array(rows.length * all)];
  rows.forEach((row, b) => {
    const isLive = row.label === "live";
    const [count, start] = isLive ? [live.length, 0] : [spoof.length, live.length];
    const split = splitPrompts(random, count, Math.floor(count / 2), { asPublished });
    for (const [shares, prompts] of [
      [first, split.first],
      [second, split.second],
    ] as const) {
      for (const prompt of prompts) {
        const place = b * all + start + prompt;
        shares[place] = (shares[place] as number) + 1 / prompts.length;
      }
    }
  });
  const shape = [rows.length, all];
  return { firstReading: { shape, data: first }, secondReading: { shape, data: second } };
}
