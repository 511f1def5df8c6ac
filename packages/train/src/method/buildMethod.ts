/** @file Builds a method for a new run, and again from the run's folder. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  answerFor,
  createTokenizer,
  judgments,
  lengthFor,
  loadTokenizer,
  type ManifestRow,
  question,
  saveTokenizer,
  type TextTokenizer,
  type TokenizerJson,
  trainBpe,
} from "@candor/data";
import { createModel, livePrompts, type ModelConfig, parseModelConfig, spoofPrompts } from "@candor/models";
import { type Device, Random } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import { flipMethod } from "./flipMethods.ts";
import { ifasMethod } from "./ifasMethod.ts";
import type { Method } from "./method.ts";
import { vitBinaryMethod } from "./vitBinaryMethod.ts";

/**
 * Builds the method of a configuration with initial weights by its seed.
 *
 * A tokenizer is trained on the answers of `train`, or on FLIP's prompts, and saved in the run's folder, with the resolved model.
 */
export async function buildMethod(
  device: Device,
  config: RunConfig,
  train: readonly ManifestRow[],
  folder: string,
): Promise<Method> {
  const resolve = resolvers[config.method];
  const { model, answerLength = 0, tokenizer } = resolve(config, train);
  if (tokenizer) await saveTokenizer(join(folder, "tokenizer.json"), tokenizer);
  writeModel(folder, { model, answerLength });
  return loadMethod(device, config, folder);
}

/**
 * Builds the method of a run's folder; weights are initial until a checkpoint is loaded.
 *
 * @throws Error if the folder lacks `model.json` or `tokenizer.json`
 */
export async function loadMethod(device: Device, config: RunConfig, folder: string): Promise<Method> {
  const { model, answerLength } = readModel(folder);
  const random = new Random(config.seed);
  switch (model.method) {
    case "ifas": {
      const tokenizer = await loadTokenizer(join(folder, "tokenizer.json"));
      return ifasMethod(createModel(device, model, random), tokenizer, config, answerLength);
    }
    case "vitBinary":
      return vitBinaryMethod(createModel(device, model, random), config);
    default:
      return flipMethod(config.method, createModel(device, model, random), config);
  }
}

/** What a run of a method is made of. */
interface Resolved {
  readonly model: ModelConfig;
  readonly answerLength?: number;
  /** Goes into the run's folder. */
  readonly tokenizer?: TokenizerJson;
}

const resolvers: Readonly<
  Record<RunConfig["method"], (config: RunConfig, train: readonly ManifestRow[]) => Resolved>
> = {
  ifas: (config, train) => {
    const texts = train.map((row) =>
      config.caption === "none" ? judgments[row.label] : answerFor(row, config.caption),
    );
    const json = trainBpe([question, ...texts], config.lm.vocabularySize);
    const tokenizer = createTokenizer(json);
    const answerLength = lengthFor(tokenizer, texts) - tokenizer.encode(question).length + 1;
    return { model: resolveIfas(config, tokenizer), answerLength, tokenizer: json };
  },
  "vit-binary": ({ vit }) => ({ model: { method: "vitBinary", vit } }),
  "flip-v": ({ vit, flip }) => ({ model: { method: "flipV", vit, hidden: flip.hidden } }),
  "flip-it": (config) => {
    const { tokenizer, ...clip } = resolveClip(config);
    return { model: { method: "flipIt", ...clip }, tokenizer };
  },
  "flip-mcl": (config) => {
    const { tokenizer, ...clip } = resolveClip(config);
    return { model: { method: "flipMcl", ...clip, projection: config.flip.projection }, tokenizer };
  },
};

/** A tokenizer of FLIP's prompts, their ids, and the sizes of CLIP that follow. */
function resolveClip({ vit, flip }: RunConfig) {
  const json = trainBpe([...livePrompts, ...spoofPrompts], flip.text.vocabularySize);
  const tokenizer = createTokenizer(json);
  const ids = (texts: readonly string[]) => texts.map((text) => [...tokenizer.encode(text), tokenizer.eosId]);
  const prompts = { live: ids(livePrompts), spoof: ids(spoofPrompts) };
  const longest = Math.max(...[...prompts.live, ...prompts.spoof].map((prompt) => prompt.length));
  if (longest > flip.text.maxTokens) {
    throw new Error(`flip.text.maxTokens must be at least ${longest}, which the longest prompt needs`);
  }
  const text = { ...flip.text, vocabularySize: tokenizer.vocabSize, endId: tokenizer.eosId };
  return { clip: { vit, text, embeddingWidth: flip.embeddingWidth }, prompts, tokenizer: json };
}

interface ModelFile {
  readonly model: ModelConfig;
  /** Tokens of the longest answer of the training data, the question's last one included. */
  readonly answerLength: number;
}

function resolveIfas(config: RunConfig, tokenizer: TextTokenizer): ModelConfig {
  const { vit, connector, lm } = config;
  const { yesId, noId, eosId } = tokenizer;
  return {
    method: "ifas",
    vit,
    connector,
    lm: { ...lm, vocabularySize: tokenizer.vocabSize },
    prompt: { question: tokenizer.encode(question), yesId, noId, eosId },
  };
}

function writeModel(folder: string, file: ModelFile): void {
  writeFileSync(join(folder, "model.json"), `${JSON.stringify(file, null, 2)}\n`);
}

function readModel(folder: string): ModelFile {
  const file = join(folder, "model.json");
  if (!existsSync(file)) throw new Error(`${folder} is no whole run: it has no model.json`);
  const { model, answerLength } = JSON.parse(readFileSync(file, "utf8")) as ModelFile;
  return { model: parseModelConfig(model), answerLength };
}
