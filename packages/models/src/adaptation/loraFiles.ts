/** @file LoRA adapters in the files of Hugging Face's PEFT. */

import {
  encodeSafetensors,
  loadInto,
  type Module,
  openWeights,
  Random,
  showShape,
  type Tensor,
  type TensorToStore,
  type Weights,
} from "@candor/tensor-core";
import { z } from "zod";
import { ConfigError } from "../configError.ts";
import type { WeightLayout } from "../weights/weightLayout.ts";
import { WeightsError } from "../weights/weightsError.ts";
import { attachLora, loraParts } from "./lora.ts";

const adapterSchema = z.looseObject({
  peft_type: z.literal("LORA"),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  bias: z.literal("none").default("none"),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  rank_pattern: z.record(z.string(), z.number()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
});

const prefix = "base_model.model.";
const files = { config: "adapter_config.json", weights: "adapter_model.safetensors" } as const;

/** What PEFT calls the parameters of a linear map. */
function peftNames(layout: WeightLayout, name: string, shape: readonly number[]) {
  const { published, row, shape: whole = shape } = layout.source(`${name}.weight`, shape);
  if (row !== undefined || whole[0] !== shape[0] || !published.endsWith(".weight")) {
    throw new ConfigError(
      `[lora] ${name} is a part of ${published}; PEFT adapts published maps as a whole: choose other targets`,
    );
  }
  const map = `${prefix}${published.slice(0, -".weight".length)}`;
  return { loraA: `${map}.lora_A.weight`, loraB: `${map}.lora_B.weight` };
}

/** The parameters that LoRA added, by PEFT's names. */
function publishedParameters(model: Module, layout: WeightLayout): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [name, { weight, loraA, loraB }] of loraParts(model)) {
    const names = peftNames(layout, name, weight.shape);
    found.set(names.loraA, loraA);
    found.set(names.loraB, loraB);
  }
  return found;
}

/**
 * The adapter of a model as PEFT's two files.
 *
 * @param layout the published names of the model, such as `lmLayout(config)`
 * @param base   what to name as the base model
 * @returns contents by file name
 * @throws ConfigError if the model has no LoRA, or ranks or scales differ
 */
export async function encodeLora(
  model: Module,
  layout: WeightLayout,
  base = "",
): Promise<Map<string, Uint8Array>> {
  const parts = [...loraParts(model)];
  const [first] = parts;
  if (!first) throw new ConfigError("[lora] the model has no LoRA to save: call applyLora first");
  const [, { loraA, scale, dropout }] = first;
  const rank = loraA.shape[0] ?? 0;
  if (parts.some(([, part]) => part.loraA.shape[0] !== rank || part.scale !== scale)) {
    throw new ConfigError(
      "[lora] all maps of an adapter must have one rank and one scale to be saved together",
    );
  }
  const tensors = new Map<string, TensorToStore>();
  for (const [name, parameter] of publishedParameters(model, layout)) {
    tensors.set(name, { shape: parameter.shape, data: (await parameter.read()) as Float32Array });
  }
  const config = {
    peft_type: "LORA",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: scale * rank,
    lora_dropout: dropout?.rate ?? 0,
    bias: "none",
    fan_in_fan_out: false,
    // PEFT takes full names of maps as targets.
    target_modules: [...tensors.keys()]
      .filter((name) => name.endsWith(".lora_A.weight"))
      .map((name) => name.slice(prefix.length, -".lora_A.weight".length)),
  };
  return new Map([
    [files.config, new TextEncoder().encode(`${JSON.stringify(config, null, 1)}\n`)],
    [files.weights, encodeSafetensors(tensors, { format: "pt" })],
  ]);
}

/** Writes {@link encodeLora}'s files into a folder; Node only. */
export async function saveLora(
  model: Module,
  layout: WeightLayout,
  folder: string,
  base = "",
): Promise<void> {
  const { mkdir, rename, writeFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const encoded = await encodeLora(model, layout, base);
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of encoded) {
    const file = join(folder, name);
    await writeFile(`${file}.tmp`, bytes);
    await rename(`${file}.tmp`, file);
  }
}

/**
 * Adapts a model as a PEFT adapter says, with its values; Node only. All else is frozen, as by `applyLora`.
 *
 * @param layout the published names of the model
 * @param folder with `adapter_config.json` and `adapter_model.safetensors`
 * @returns names of the maps that were adapted
 * @throws ConfigError if the adapter is no plain LoRA
 * @throws WeightsError if it does not fit the model; both before anything is allocated
 */
export async function loadLora(model: Module, layout: WeightLayout, folder: string): Promise<string[]> {
  const { readFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const file = join(folder, files.config);
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new ConfigError(`[lora] cannot read ${file}: ${cause.message}`, { cause });
  });
  const weights = await openWeights(join(folder, files.weights));
  try {
    return await adapt(model, layout, text, weights, file);
  } finally {
    await weights.close();
  }
}

async function adapt(model: Module, layout: WeightLayout, text: string, weights: Weights, file: string) {
  const { rank, scale, dropout } = readAdapterConfig(text, file);
  const names = namesOf(model, layout, weights, rank);
  attachLora(model, names, { rank, scale, dropout }, new Random(0));
  const parameters = publishedParameters(model, layout);
  await loadInto(parameters, weights);
  return names;
}

function readAdapterConfig(text: string, file: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`[lora] ${file} is no JSON or is cut off: ${(cause as Error).message}`, { cause });
  }
  const parsed = adapterSchema.safeParse(json);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new ConfigError(`[lora] ${file} is no plain LoRA adapter: ${lines.join("; ")}`);
  }
  const { r, lora_alpha: alpha, lora_dropout: dropout, use_rslora: rankStabilised, ...rest } = parsed.data;
  for (const key of ["rank_pattern", "alpha_pattern", "modules_to_save"] as const) {
    if (Object.keys(rest[key] ?? {}).length > 0) {
      throw new ConfigError(
        `[lora] ${file}: ${key} is not supported; one rank and scale must hold for all maps`,
      );
    }
  }
  // Kalajdzievski 2023, "A rank stabilization scaling factor for fine-tuning with LoRA", arXiv:2312.03732.
  return { rank: r, scale: rankStabilised ? alpha / Math.sqrt(r) : alpha / r, dropout };
}

/** The maps that a file adapts, all of whose tensors fit the model. */
function namesOf(model: Module, layout: WeightLayout, weights: Weights, rank: number): string[] {
  const names: string[] = [];
  const known = new Set<string>();
  for (const [path, { shape }] of model.namedParameters()) {
    if (!path.endsWith(".weight") || shape.length !== 2) continue;
    const name = path.slice(0, -".weight".length);
    const published = layout.source(path, shape);
    const map = `${prefix}${published.published.slice(0, -".weight".length)}`;
    if (!weights.entries.has(`${map}.lora_A.weight`)) continue;
    const { loraA, loraB } = peftNames(layout, name, shape);
    const [outputs = 0, inputs = 0] = shape;
    assertShape(weights, loraA, [rank, inputs]);
    assertShape(weights, loraB, [outputs, rank]);
    names.push(name);
    known.add(loraA).add(loraB);
  }
  const surplus = [...weights.entries.keys()].find((name) => !known.has(name));
  if (surplus !== undefined || names.length === 0) {
    throw new WeightsError(
      `[lora] the adapter holds ${surplus ?? "nothing"}, which the model has no linear map for: it is of another model`,
    );
  }
  return names;
}

function assertShape({ entries }: Weights, name: string, wanted: readonly number[]): void {
  const entry = entries.get(name);
  if (!entry) throw new WeightsError(`[lora] the adapter lacks ${name}`);
  if (showShape(entry.shape) !== showShape(wanted)) {
    throw new WeightsError(
      `[lora] ${entry.source.name}: ${name} must be ${showShape(wanted)}, got ${showShape(entry.shape)}`,
    );
  }
  if (!["F32", "F16", "BF16"].includes(entry.dtype)) {
    throw new WeightsError(
      `[lora] ${entry.source.name}: ${name} is ${entry.dtype}; F32, F16 and BF16 can be loaded`,
    );
  }
}
