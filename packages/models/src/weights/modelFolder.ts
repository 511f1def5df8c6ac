/** @file Opening folders of published models: config.json beside the weights; Node only. */

import { type Module, openWeights } from "@candor/tensor-core";
import { loadWeights } from "./loadWeights.ts";
import type { ParameterDType, PlanOptions } from "./planWeights.ts";
import type { WeightLayout } from "./weightLayout.ts";
import { WeightsError } from "./weightsError.ts";

/**
 * Reads the `config.json` of a model's folder.
 *
 * @param example a model of the kind that is expected, which the message names where the file is missing
 * @throws WeightsError if there is none, or it is no JSON
 */
export async function readModelConfig(folder: string, example: string): Promise<unknown> {
  const { readFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const file = join(folder, "config.json");
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new WeightsError(
      `[weights] ${file}: ${cause.message}. The folder must hold config.json and model.safetensors as published, ` +
        `for instance those of ${example}: download them there and name the folder`,
      { cause },
    );
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(`[weights] ${file} is no JSON or is cut off: ${(cause as Error).message}`, {
      cause,
    });
  }
}

export interface OpenModelOptions {
  /** How the matrices of linear maps are held on the device, all else staying f32; or what each parameter is held as. Default f32. */
  readonly dtype?: ParameterDType | NonNullable<PlanOptions["dtype"]>;
  /** Most bytes that the parameters may take; default what is left of the device's budget. */
  readonly budgetBytes?: number;
}

// Not tables, which are added to f32.
const linearWeight = /(?<!(^|\.)tokens)\.weight$/;

/** The dtypes of parameters where the matrices of linear maps have one and all else is f32. */
export function linearMapsAs(dtype: ParameterDType): NonNullable<PlanOptions["dtype"]> {
  return (name, { length }) => (length === 2 && linearWeight.test(name) ? dtype : "f32");
}

/**
 * Gives a model the weights of a folder.
 *
 * @param module best made by `withoutMemory`
 * @param layout the naming, or how it follows from the names in the files
 * @throws WeightsError as `loadWeights`
 * @throws SafetensorsError if there are none
 */
export async function loadFolder(
  module: Module,
  layout: WeightLayout | ((names: readonly string[]) => WeightLayout),
  folder: string,
  { budgetBytes, dtype = "f32" }: OpenModelOptions = {},
): Promise<void> {
  const weights = await openWeights(folder);
  try {
    const chosen = typeof layout === "function" ? layout([...weights.entries.keys()]) : layout;
    await loadWeights(module, chosen, weights, {
      dtype: typeof dtype === "string" ? linearMapsAs(dtype) : dtype,
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
    });
  } finally {
    await weights.close();
  }
}
