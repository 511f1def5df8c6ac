/** @file Witness fixtures: their values, and rows of the table for many tensors at once. */

import { readSafetensors, type StoredTensor, type Tensor } from "@candor/tensor-core";
import type { WeightLayout } from "../weights/weightLayout.ts";
import { type WitnessRow, witnessRow, worstRow } from "./witnessRow.ts";

/** The values of a fixture by name. */
export interface WitnessFile {
  get(name: string): StoredTensor;
}

/** @throws Error from `get` if the fixture has no such tensor */
export async function readWitness(file: string): Promise<WitnessFile> {
  const { tensors } = await readSafetensors(file);
  return {
    get: (name) => {
      const found = tensors.get(name);
      if (!found) throw new Error(`${file} has no ${name}`);
      return found;
    },
  };
}

/**
 * Compares tensors by the names of parameters with those of a witness by published names; the row of the worst. A weight
 * and its bias are one: the gradient of a key's bias alone is rounding and nothing else.
 *
 * @param prefix of the witness' names
 */
export async function parameterRow(
  model: string,
  quantity: string,
  tensors: ReadonlyMap<string, Tensor>,
  layout: WeightLayout,
  witness: WitnessFile,
  prefix: string,
  tolerance: number,
): Promise<WitnessRow> {
  const groups = new Map<string, { got: number[]; want: number[] }>();
  for (const [name, tensor] of tensors) {
    const key = name.replace(/\.(weight|bias)$/, "");
    const group = groups.get(key) ?? { got: [], want: [] };
    const { published, row = 0 } = layout.source(name, tensor.shape);
    const { data } = witness.get(prefix + published);
    const start = row * (tensor.size / (tensor.shape[0] ?? 1));
    group.got.push(...(await tensor.read()));
    group.want.push(...data.subarray(start, start + tensor.size));
    groups.set(key, group);
  }
  const rows = [...groups].map(([key, { got, want }]) =>
    witnessRow(model, `${quantity} of ${key}`, got, want, tolerance),
  );
  return worstRow(quantity, rows);
}
