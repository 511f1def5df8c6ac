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
  trainBpe,
} from "@candor/data";
import { createModel, type ModelConfig, parseModelConfig } from "@candor/models";
import { type Device, Random } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import { ifasMethod } from "./ifasMethod.ts";
import type { Method } from "./method.ts";
import { vitBinaryMethod } from "./vitBinaryMethod.ts";

/**
 * Builds the method of a configuration with initial weights by its seed.
 *
 * The tokenizer is trained on the answers of `train` and saved in the run's folder, with the resolved model.
 */
export async function buildMethod(
  device: Device,
  config: RunConfig,
  train: readonly ManifestRow[],
  folder: string,
): Promise<Method> {
  if (config.method === "ifas") {
    const texts = train.map((row) =>
      config.caption === "none" ? judgments[row.label] : answerFor(row, config.caption),
    );
    const json = trainBpe([question, ...texts], config.lm.vocabularySize);
    await saveTokenizer(join(folder, "tokenizer.json"), json);
    const tokenizer = createTokenizer(json);
    const answerLength = lengthFor(tokenizer, texts) - tokenizer.encode(question).length + 1;
    writeModel(folder, { model: resolveModel(config, tokenizer), answerLength });
  } else {
    writeModel(folder, { model: { method: "vitBinary", vit: config.vit }, answerLength: 0 });
  }
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
  if (model.method === "vitBinary") return vitBinaryMethod(createModel(device, model, random), config);
  const tokenizer = await loadTokenizer(join(folder, "tokenizer.json"));
  return ifasMethod(createModel(device, model, random), tokenizer, config, answerLength);
}

interface ModelFile {
  readonly model: ModelConfig;
  /** Tokens of the longest answer of the training data, the question's last one included. */
  readonly answerLength: number;
}

function resolveModel(config: RunConfig, tokenizer: TextTokenizer): ModelConfig {
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
