/** @file Builds a method for a new run, and again from the run's folder. */

import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
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
import {
  createModel,
  Ifas,
  livePrompts,
  type ModelConfig,
  parseModelConfig,
  type PlanOptions,
  spoofPrompts,
  VitBinary,
} from "@candor/models";
import { type Device, type Module, Random, withoutMemory, zeros } from "@candor/tensor-core";
import { type Checkpoint, type LeftOut, readLatestCheckpoint } from "../checkpoint/checkpoint.ts";
import { readRunConfig } from "../checkpoint/runFolder.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { adaptModel } from "./adaptModel.ts";
import { flipMethod } from "./flipMethods.ts";
import { ifasMethod } from "./ifasMethod.ts";
import type { Method } from "./method.ts";
import { openPretrained, type Pretrained } from "./pretrainedParts.ts";
import { leavingOut, leftOutAgain, loadParameters, reopenPublished } from "./publishedWeights.ts";
import { vitBinaryMethod } from "./vitBinaryMethod.ts";
import { weightDTypes } from "./weightDTypes.ts";

/** A method that is to be trained. */
export interface TrainingMethod extends Method {
  /** What its checkpoints leave out. */
  readonly leftOut: LeftOut;
}

/**
 * Builds the method of a configuration, from published weights where it names some and initial ones by its seed.
 *
 * A tokenizer is trained on the answers of `train`, or on FLIP's prompts, and saved in the run's folder, with the resolved model.
 *
 * @param moreTexts what I-FAS's tokenizer is trained on besides, for a run that goes on with other answers
 */
export async function buildMethod(
  device: Device,
  config: RunConfig,
  train: readonly ManifestRow[],
  folder: string,
  moreTexts: readonly string[] = [],
): Promise<TrainingMethod> {
  const parts = await openPretrained(device, config, folder);
  const { model, answerLength = 0, tokenizer } = resolvers[config.method](config, train, parts, moreTexts);
  if (tokenizer) await saveTokenizer(join(folder, "tokenizer.json"), tokenizer);
  writeModel(folder, { model, answerLength });
  const method = await makeMethod(device, config, folder, parts);
  return { ...method, leftOut: await leavingOut(config, method.model.namedParameters().keys()) };
}

/**
 * Builds the method of a run's folder with the weights of a checkpoint, and with those of published folders that it leaves out.
 *
 * @throws Error if the folder lacks `model.json` or `tokenizer.json`, a published folder has moved or changed, or the checkpoint
 *   lacks a parameter
 */
export async function loadMethod(
  device: Device,
  config: RunConfig,
  folder: string,
  checkpoint: Checkpoint,
): Promise<Method> {
  const parts = await reopenPublished(device, config, folder, checkpoint);
  const method = await makeMethod(device, config, folder, parts);
  loadParameters(method.model, config, checkpoint);
  return method;
}

/**
 * Builds the method of a run's folder to be trained on, with the weights of its checkpoint; tokenizer and sizes stay as they are.
 *
 * @throws Error as {@link loadMethod}
 */
export async function resumeMethod(
  device: Device,
  config: RunConfig,
  folder: string,
  checkpoint: Checkpoint,
): Promise<TrainingMethod> {
  const method = await loadMethod(device, config, folder, checkpoint);
  // What it holds, later ones hold too, as the published folders may have other values.
  const left = [...method.model.namedParameters().keys()].filter((name) => !checkpoint.model.has(name));
  return { ...method, leftOut: await leavingOut(config, left, checkpoint.published) };
}

/**
 * Builds the method of another run's folder with its weights, to be trained on; tokenizer and sizes are that run's.
 *
 * @param from a run with a checkpoint
 * @throws Error if `from` is no whole run, or trains another method than the configuration names
 */
export async function continueMethod(
  device: Device,
  config: RunConfig,
  train: readonly ManifestRow[],
  folder: string,
  from: string,
): Promise<TrainingMethod> {
  const { model } = readModel(from);
  const checkpoint = await readLatestCheckpoint(from);
  if (!checkpoint) throw new Error(`${from} has no checkpoint to go on from`);
  if (model.method !== "ifas" || config.method !== "ifas") {
    throw new Error(
      `only ifas can go on from another run; ${from} is ${model.method}, and this ${config.method}`,
    );
  }
  const file = "tokenizer.json";
  copyFileSync(join(from, file), join(folder, file));
  const tokenizer = await loadTokenizer(join(folder, file));
  const texts = train.map((row) => answerText(row, config));
  writeModel(folder, { model, answerLength: answerLengthFor(tokenizer, texts) });
  const leavesOut = Object.keys(checkpoint.published).length > 0;
  const given = leavesOut ? readRunConfig(from) : config;
  const parts = await reopenPublished(device, given, from, checkpoint, config);
  const method = await makeMethod(device, config, folder, parts);
  loadParameters(method.model, given, checkpoint);
  return { ...method, leftOut: await leftOutAgain(config, given, method.model, checkpoint) };
}

function answerText(row: ManifestRow, { caption }: RunConfig): string {
  return caption === "none" ? judgments[row.label] : answerFor(row, caption);
}

/** Tokens of the longest answer, the question's last one included. */
function answerLengthFor(tokenizer: TextTokenizer, texts: readonly string[]): number {
  return lengthFor(tokenizer, texts) - tokenizer.encode(question).length + 1;
}

async function makeMethod(
  device: Device,
  config: RunConfig,
  folder: string,
  parts: Pretrained,
): Promise<Method> {
  const { model: modelConfig, answerLength } = readModel(folder);
  const build = () => createModel(device, modelConfig, new Random(config.seed), parts);
  const reopens = config.weights === "f16" && Object.keys(parts).length === 0;
  const model = reopens ? hollow(withoutMemory(build), weightDTypes(config)) : build();
  adaptModel(model, config);
  if (model instanceof Ifas) {
    const tokenizer = await loadTokenizer(join(folder, "tokenizer.json"));
    return ifasMethod(model, tokenizer, config, answerLength);
  }
  if (model instanceof VitBinary) return vitBinaryMethod(model, config);
  return flipMethod(config.method, model, config);
}

/** Gives a model without memory zeros of the dtypes that its weights have: they take no more than those on the way. */
function hollow<M extends Module>(model: M, dtype: NonNullable<PlanOptions["dtype"]>): M {
  for (const [name, { device, shape }] of [...model.namedParameters(), ...model.namedBuffers()]) {
    model.adopt(new Map([[name, zeros(device, shape, dtype(name, shape))]]));
  }
  return model;
}

/** What a run of a method is made of. */
interface Resolved {
  readonly model: ModelConfig;
  readonly answerLength?: number;
  /** Goes into the run's folder. */
  readonly tokenizer?: TokenizerJson;
}

const resolvers: Readonly<
  Record<
    RunConfig["method"],
    (
      config: RunConfig,
      train: readonly ManifestRow[],
      parts: Pretrained,
      moreTexts: readonly string[],
    ) => Resolved
  >
> = {
  ifas: (config, train, { vit, lm, tokenizer: given }, moreTexts) => {
    const texts = train.map((row) => answerText(row, config));
    const json = given ? undefined : trainBpe([question, ...texts, ...moreTexts], config.lm.vocabularySize);
    const tokenizer = given ?? createTokenizer(json as TokenizerJson);
    const answerLength = answerLengthFor(tokenizer, texts);
    const { yesId, noId, eosId } = tokenizer;
    const model: ModelConfig = {
      method: "ifas",
      vit: vit?.config ?? config.vit,
      connector: config.connector,
      lm: lm?.config ?? { ...config.lm, vocabularySize: tokenizer.vocabSize },
      prompt: { question: tokenizer.encode(question), yesId, noId, eosId },
    };
    return { model, answerLength, ...(json ? { tokenizer: json } : {}) };
  },
  "vit-binary": (config, _, { vit }) => ({ model: { method: "vitBinary", vit: vit?.config ?? config.vit } }),
  "flip-v": (config, _, { vit }) => ({
    model: { method: "flipV", vit: vit?.config ?? config.vit, hidden: config.flip.hidden },
  }),
  "flip-it": (config, _, parts) => {
    const { model, ...rest } = resolveClip(config, parts);
    return { model: { method: "flipIt", ...model }, ...rest };
  },
  "flip-mcl": (config, _, parts) => {
    const { model, ...rest } = resolveClip(config, parts);
    return { model: { method: "flipMcl", ...model, projection: config.flip.projection }, ...rest };
  },
};

/** FLIP's prompts as ids and the sizes of CLIP: the published ones, or our own with a tokenizer of the prompts alone. */
function resolveClip({ vit, flip }: RunConfig, { clip, tokenizer: published }: Pretrained) {
  const json = published ? undefined : trainBpe([...livePrompts, ...spoofPrompts], flip.text.vocabularySize);
  const tokenizer = published ?? createTokenizer(json as TokenizerJson);
  const { bosId, eosId, vocabSize } = tokenizer;
  const start = published ? [bosId] : [];
  const ids = (texts: readonly string[]) => texts.map((text) => [...start, ...tokenizer.encode(text), eosId]);
  const prompts = { live: ids(livePrompts), spoof: ids(spoofPrompts) };
  const text = clip?.config.text ?? { ...flip.text, vocabularySize: vocabSize, endId: eosId };
  const longest = Math.max(...[...prompts.live, ...prompts.spoof].map((prompt) => prompt.length));
  if (longest > text.maxTokens) {
    throw new Error(`flip.text.maxTokens must be at least ${longest}, which the longest prompt needs`);
  }
  const own = { vit, text, embeddingWidth: flip.embeddingWidth };
  return { model: { clip: clip?.config ?? own, prompts }, ...(json ? { tokenizer: json } : {}) };
}

interface ModelFile {
  readonly model: ModelConfig;
  /** Tokens of the longest answer of the training data, the question's last one included. */
  readonly answerLength: number;
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
