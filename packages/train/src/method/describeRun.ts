/** @file What a run would take: parameters, what of them is trained, and bytes, without allocating anything. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type AnyModel,
  answerLoss,
  clipConfigFromPublished,
  createModel,
  estimateMemory,
  Ifas,
  type MemoryEstimate,
  type ModelConfig,
  type ModelDescription,
  judgmentCrossEntropy,
  lmConfigFromPublished,
  parametersAs,
  readModelConfig,
  visionConfigFromPublished,
} from "@candor/models";
import { type Device, full, Random, zeros } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import { adaptModel } from "./adaptModel.ts";
import { weightDTypes } from "./weightDTypes.ts";

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
      const built = parametersAs<AnyModel>(createModel(device, model, new Random(0)), weightDTypes(config));
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

/**
 * A configuration with the sizes that its folders of published weights name in their `config.json`; the configuration's own
 * where a folder is not there yet.
 *
 * @throws ConfigError if a folder holds another architecture
 */
export async function withPublishedSizes(config: RunConfig): Promise<RunConfig> {
  const { method, imageSize, pretrained, flip } = config;
  const vision = await readPublished(pretrained.vision);
  const lm = await readPublished(method === "ifas" ? pretrained.lm : undefined);
  const texts = method === "flip-it" || method === "flip-mcl";
  const clip = vision && texts ? clipConfigFromPublished(vision.json, vision.file) : undefined;
  const vit = clip?.vit ?? (vision && visionConfigFromPublished(vision.json, vision.file));
  return {
    ...config,
    ...(vit ? { vit: { ...vit, imageSize } } : {}),
    ...(lm ? { lm: lmConfigFromPublished(lm.json, lm.file) } : {}),
    ...(clip ? { flip: { ...flip, text: clip.text, embeddingWidth: clip.embeddingWidth } } : {}),
  };
}

async function readPublished(folder = "") {
  const file = join(folder, "config.json");
  return folder && existsSync(file) ? { file, json: await readModelConfig(folder, "its model") } : undefined;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

/**
 * Refuses a run whose parameters, gradients and moments of AdamW alone are more than there is.
 *
 * @param budgetBytes what the device may take in all
 * @throws Error that says what they take, and what would take less
 */
export function assertFits(
  { parameters, trainable, parameterBytes, gradientBytes, optimizerBytes }: MemoryEstimate & ModelDescription,
  budgetBytes: number,
): void {
  const needed = parameterBytes + gradientBytes + optimizerBytes;
  if (needed <= budgetBytes) return;
  throw new Error(
    `the model needs ${gibibytes(needed)} before any activation (${parameters} parameters ${gibibytes(parameterBytes)}, gradients ` +
      `and moments of ${trainable} trained ones ${gibibytes(gradientBytes + optimizerBytes)}), and there are ` +
      `${gibibytes(budgetBytes)}: take a smaller model, "weights": "f16" for frozen ones, train less of it by "lora" or ` +
      "groups, or raise --memory-budget",
  );
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
