/** @file A language model from a folder of published files. */

import { type Device, openWeights, Random, type Shape, withoutMemory } from "@candor/tensor-core";
import { ConfigError } from "../configError.ts";
import { loadWeights } from "../weights/loadWeights.ts";
import type { PlanOptions } from "../weights/planWeights.ts";
import { Lm } from "./lm.ts";
import { lmConfigFromPublished, lmLayout } from "./publishedLm.ts";

export interface OpenLmOptions {
  /** How matrices are held on the device, vectors staying f32; or what each parameter is held as. Default f32. */
  readonly dtype?: "f32" | "f16" | NonNullable<PlanOptions["dtype"]>;
  /** Most bytes that the parameters may take; default what is left of the device's budget. */
  readonly budgetBytes?: number;
  /** Rows that the tokenizer needs; a smaller embedding table is refused. */
  readonly tokenizerSize?: number;
}

/** The dtypes of parameters where matrices have one, the embedding table's too, and vectors are f32. */
export function matricesAs(dtype: "f32" | "f16"): (name: string, shape: Shape) => "f32" | "f16" {
  return (_, { length }) => (length > 1 ? dtype : "f32");
}

/**
 * Opens LLaMA, SmolLM, Qwen2 or Qwen2.5 weights; Node only. Parameters belong to the open scope.
 *
 * @param folder with `config.json` and `model.safetensors`, or shards and `model.safetensors.index.json`
 * @throws ConfigError if a file is missing, the architecture another, or the tokenizer knows more tokens than the model
 * @throws WeightsError if tensors do not fit, or the budget does not; all before anything is allocated
 */
export async function openLm(device: Device, folder: string, options: OpenLmOptions = {}): Promise<Lm> {
  const { dtype = "f32", budgetBytes, tokenizerSize } = options;
  const { join } = await import("node:path");
  const config = lmConfigFromPublished(await readConfig(folder), join(folder, "config.json"));
  if (tokenizerSize !== undefined) assertTokenizerFits(tokenizerSize, config.vocabularySize, folder);
  await assertWeights(folder);
  const lm = withoutMemory(() => new Lm(device, config, new Random(0)));
  const weights = await openWeights(folder);
  try {
    await loadWeights(lm, lmLayout(config), weights, {
      dtype: typeof dtype === "string" ? matricesAs(dtype) : dtype,
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
    });
  } finally {
    await weights.close();
  }
  return lm;
}

/**
 * Refuses a tokenizer whose ids lie beyond the embedding table. Fewer ids than rows are usual: tables are padded.
 *
 * @throws ConfigError that names both sizes
 */
export function assertTokenizerFits(tokenizerSize: number, vocabularySize: number, source: string): void {
  if (tokenizerSize <= vocabularySize) return;
  throw new ConfigError(
    `[lm] the tokenizer has ids up to ${tokenizerSize - 1}, the embedding table of ${source} ${vocabularySize} rows: ` +
      "use the tokenizer.json that was published with the weights",
  );
}

const whereFrom = "download it from where the model is published, and put it into this folder";

async function readConfig(folder: string): Promise<unknown> {
  const { readFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const file = join(folder, "config.json");
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new ConfigError(`[lm] cannot read ${file} (${cause.message}): ${whereFrom}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`[lm] ${file} is no JSON or is cut off: ${(cause as Error).message}`, { cause });
  }
}

async function assertWeights(folder: string): Promise<void> {
  const { access } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const names = ["model.safetensors", "model.safetensors.index.json"];
  const found = await Promise.all(
    names.map((name) =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (found.includes(true)) return;
  throw new ConfigError(`[lm] ${folder} has neither ${names.join(" nor ")}: ${whereFrom}`);
}
