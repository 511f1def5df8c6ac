/** @file Language models beside PyTorch's: fixtures of tools/witness/languageModels.py. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  AdamW,
  crossEntropy,
  type Device,
  parseSafetensors,
  Random,
  reshape,
  slice,
  type StoredTensor,
  type Tensor,
  tensor,
  trainableParameters,
  valueAndGrad,
} from "@candor/tensor-core";
import { loraParts } from "../adaptation/lora.ts";
import { loadLora } from "../adaptation/loraFiles.ts";
import { mergeLora, unmergeLora } from "../adaptation/loraMerge.ts";
import { generateTokens } from "../generation/generateTokens.ts";
import { type WitnessRow, witnessRow, worstRow } from "../testing/witnessRow.ts";
import { Lm } from "./lm.ts";
import { type OpenLmOptions, openLm } from "./openLm.ts";
import { lmLayout } from "./publishedLm.ts";

/** Models that have fixtures. */
export const lmFixtures = ["tinyLlama", "tinyQwen2"] as const;

/** The folder of a fixture. */
export const lmFixture = (name: (typeof lmFixtures)[number]): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** The values that PyTorch gives, by name. */
export async function lmWitness(
  name: (typeof lmFixtures)[number],
): Promise<(quantity: string) => StoredTensor> {
  const { tensors } = parseSafetensors(await readFile(`${lmFixture(name)}/witness.safetensors`));
  return (quantity) => {
    const found = tensors.get(quantity);
    if (!found) throw new Error(`the witness of ${name} has no ${quantity}`);
    return found;
  };
}

// Sums of at most 32 terms through two layers in f32: a few hundred roundings of 2^-24, of which most cancel.
const forwardTolerance = 5e-6;
const gradientTolerance = 2e-5;
// The first step moves every value by the rate, times the sign of a gradient that may be near zero.
const adamTolerance = 2e-5;

/** Every quantity of the witnesses beside ours. */
export async function lmWitnessRows(device: Device): Promise<WitnessRow[]> {
  const rows: WitnessRow[] = [];
  for (const name of lmFixtures) {
    rows.push(...(await forwardRows(device, name, {})), await greedyRow(device, name));
    rows.push(...(await trainingRows(device, name)));
    if (device.gpu.features.has("shader-f16"))
      rows.push(...(await forwardRows(device, name, { dtype: "f16" })));
  }
  return [...rows, ...(await scalingRows(device)), ...(await loraRows(device))];
}

async function forwardRows(
  device: Device,
  name: (typeof lmFixtures)[number],
  options: OpenLmOptions,
): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const want = await lmWitness(name);
  const lm = await openLm(device, lmFixture(name), options);
  const half = options.dtype === "f16";
  // Weights in f16 are off by half a unit of 2^-11 each, where the file is wider.
  const tolerance = half ? 2e-3 : forwardTolerance;
  const x = lm.embed(idsOf(device, want("ids")));
  const states = lm.hiddenStates(x, 0);
  const last = states.at(-1) as Tensor;
  const all = [...states, lm.finalNorm.forward(last)];
  const model = half ? `${name}, f16 weights` : name;
  const hidden: WitnessRow[] = [];
  for (const [i, state] of all.entries()) {
    hidden.push(witnessRow(model, `hidden ${i}`, await state.read(), want(`hidden.${i}`).data, tolerance));
  }
  const logits = await lm.logits(last).read();
  return [
    worstRow("hidden states", hidden),
    witnessRow(model, "logits", logits, want("logits").data, tolerance),
  ];
}

/** Two answers, of prompts of different lengths in one batch, over the cache. */
async function greedyRow(device: Device, name: (typeof lmFixtures)[number]): Promise<WitnessRow> {
  using _scope = device.scope();
  const want = await lmWitness(name);
  const lm = await openLm(device, lmFixture(name));
  const rows = [0, 1].map((row) => [...want(`prompt.${row}`).data]);
  const answers = [0, 1].flatMap((row) => [...want(`answer.${row}`).data]);
  const got = await generateTokens(lm, { rows }, { maxTokens: answers.length / 2 });
  return witnessRow(
    name,
    "greedy tokens",
    got.flatMap(({ ids }) => [...ids]),
    answers,
    0,
  );
}

async function trainingRows(device: Device, name: (typeof lmFixtures)[number]): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const want = await lmWitness(name);
  const lm = await openLm(device, lmFixture(name));
  const { source } = lmLayout(lm.config);
  const parameters = trainableParameters(lm);
  const { value, grads } = valueAndGrad(() => nextTokenLoss(lm, want("ids")), parameters);
  const rows = [witnessRow(name, "loss", await value.read(), want("loss").data, forwardTolerance)];
  const compare = async (kind: string, tensors: ReadonlyMap<string, Tensor>, tolerance: number) => {
    const found: WitnessRow[] = [];
    for (const [path, t] of tensors) {
      const { data } = want(`${kind}.${source(path, t.shape).published}`);
      found.push(witnessRow(name, path, await t.read(), data, tolerance));
    }
    return found;
  };
  if (grads.size !== parameters.size) throw new Error(`${name}: ${grads.size} gradients`);
  rows.push(worstRow("gradients", await compare("grad", grads, gradientTolerance)));
  const optimizer = new AdamW(parameters, { learningRate: 1e-2, betas: [0.9, 0.95], weightDecay: 0.1 });
  optimizer.step(grads);
  rows.push(worstRow("parameters after AdamW", await compare("adamw", parameters, adamTolerance)));
  return rows;
}

/** The other rotary variants, with the weights of tinyLlama. */
async function scalingRows(device: Device): Promise<WitnessRow[]> {
  const want = await lmWitness("tinyLlama");
  const rows: WitnessRow[] = [];
  for (const kind of ["linear", "dynamic"] as const) {
    using _scope = device.scope();
    const source = await openLm(device, lmFixture("tinyLlama"));
    const ropeScaling = kind === "linear" ? { kind, factor: 4 } : { kind, factor: 4, originalLength: 8 };
    const lm = new Lm(device, { ...source.config, ropeScaling }, new Random(1));
    lm.loadStateDict(await source.stateDict());
    const logits = lm.logits(lm.forwardEmbeddings(lm.embed(idsOf(device, want("ids"))), 0));
    const { data } = want(`${kind}.logits`);
    rows.push(
      witnessRow("tinyLlama", `logits, ${kind} positions`, await logits.read(), data, forwardTolerance),
    );
  }
  return rows;
}

async function loraRows(device: Device): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const name = "tinyLlama";
  const want = await lmWitness(name);
  const lm = await openLm(device, lmFixture(name));
  const layout = lmLayout(lm.config);
  await loadLora(lm, layout, `${lmFixture(name)}/adapter`);
  const row = (quantity: string, got: ArrayLike<number>, witness: string, tolerance = forwardTolerance) =>
    witnessRow(`${name}, LoRA`, quantity, got, want(witness).data, tolerance);
  const logits = () => lm.logits(lm.forwardEmbeddings(lm.embed(idsOf(device, want("ids"))), 0)).read();
  const rows = [row("logits", await logits(), "lora.logits")];

  const parameters = trainableParameters(lm);
  const { grads } = valueAndGrad(() => nextTokenLoss(lm, want("ids")), parameters);
  if (grads.size !== 2 * loraParts(lm).size) throw new Error(`LoRA: ${grads.size} gradients`);
  const gradients: WitnessRow[] = [];
  for (const [path, grad] of grads) {
    const [, map = "", side] = /^(.*)\.lora([AB])$/.exec(path) ?? [];
    const published = layout.source(`${map}.weight`, []).published.replace(/\.weight$/, `.lora_${side}`);
    gradients.push(row(path, await grad.read(), `lora.grad.${published}`, gradientTolerance));
  }
  rows.push(worstRow("gradients", gradients));

  mergeLora(lm);
  const merged: WitnessRow[] = [];
  for (const [path, { weight }] of loraParts(lm)) {
    const { published } = layout.source(`${path}.weight`, weight.shape);
    merged.push(row(path, await weight.read(), `lora.merged.${published}`));
  }
  rows.push(worstRow("merged weights", merged), row("logits, merged", await logits(), "lora.logits"));
  unmergeLora(lm);
  return [...rows, row("logits, merged and unmerged", await logits(), "lora.logits")];
}

/** Mean negative log-likelihood of each next token. */
function nextTokenLoss(lm: Lm, { shape, data }: StoredTensor): Tensor {
  const device = lm.headWeight.device;
  const [batch = 0, length = 0] = shape;
  const ids = idsOf(device, { shape, data });
  const states = lm.forwardEmbeddings(lm.embed(ids), 0); // [B, T, W]
  const logits = lm.logits(slice(states, 1, 0, length - 1)); // [B, T - 1, V]
  const targets = slice(ids, 1, 1, length); // [B, T - 1]
  const count = batch * (length - 1);
  const weights = tensor(device, new Float32Array(count).fill(1 / count), [count]);
  return crossEntropy(reshape(logits, [count, -1]), reshape(targets, [count]), weights);
}

const idsOf = (device: Device, { shape, data }: Pick<StoredTensor, "shape" | "data">): Tensor =>
  tensor(device, data, shape, "i32");
