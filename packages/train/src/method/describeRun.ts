/** @file What a run would take: parameters, what of them is trained, and bytes, without allocating anything. */

import {
  answerLoss,
  createModel,
  estimateMemory,
  Ifas,
  type MemoryEstimate,
  type ModelConfig,
  type ModelDescription,
  judgmentCrossEntropy,
} from "@candor/models";
import { type Device, full, Random, zeros } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import { adaptModel } from "./adaptModel.ts";

/** Tokens of a question, about; the tokenizer is not known before the data are read. */
const questionTokens = 12;

/**
 * Counts and bytes of a training step by the sizes of the configuration. Answers are taken to be as long as
 * `maxAnswerTokens`; FLIP-MCL is described by its cross-entropy alone, so it takes more.
 */
export function describeRun(device: Device, config: RunConfig): MemoryEstimate & ModelDescription {
  const { batchSize, imageSize, maxAnswerTokens, groups } = config;
  const model = sizesOf(config);
  const ids = (columns: number) => zeros(device, [batchSize, columns], "i32");
  return estimateMemory({
    trains: true,
    groups,
    build: () => {
      const built = createModel(device, model, new Random(0));
      adaptModel(built, config);
      return built;
    },
    step: (built) => {
      const images = zeros(device, [batchSize, 3, imageSize, imageSize]);
      if (!(built instanceof Ifas)) {
        const weights = full(device, [batchSize], 1 / batchSize);
        return judgmentCrossEntropy(built.judgmentLogits(images), zeros(device, [batchSize], "i32"), weights);
      }
      const logits = built.answerLogits(images, ids(questionTokens - 1), ids(maxAnswerTokens)); // [B, T, V]
      return answerLoss(logits, ids(maxAnswerTokens), full(device, [batchSize, maxAnswerTokens], 1));
    },
  });
}

/** The model's sizes; token ids do not matter to them. */
function sizesOf({ method, vit, connector, lm, flip }: RunConfig): ModelConfig {
  const question = Array.from({ length: questionTokens }, () => 0);
  const prompts = {
    live: Array.from({ length: 6 }, () => question),
    spoof: Array.from({ length: 6 }, () => question),
  };
  const clip = { vit, text: flip.text, embeddingWidth: flip.embeddingWidth };
  switch (method) {
    case "ifas":
      return { method, vit, connector, lm, prompt: { question, yesId: 0, noId: 1, eosId: 0 } };
    case "vit-binary":
      return { method: "vitBinary", vit };
    case "flip-v":
      return { method: "flipV", vit, hidden: flip.hidden };
    case "flip-it":
      return { method: "flipIt", clip, prompts };
    case "flip-mcl":
      return { method: "flipMcl", clip, prompts, projection: flip.projection };
  }
}
