/** @file Tables of cosines and sines of rotary embeddings, kept for each device. */

import { tensor, zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { makesNoMemory } from "../../tensor/withoutMemory.ts";
import { rotaryFrequencies, type RotaryScaling } from "./rotaryFrequencies.ts";

/** By base, width and scaling; of each the tables by length and positions, the one used last at the end. */
const tables = new WeakMap<Device, Map<string, Map<string, Tensor>>>();

/** Tables of one base, width and scaling; as many as the shapes for which a captured step stays recorded. */
const maxTables = 8;

/** Rows of the table that has so many positions. */
export const rotaryRows = (positions: number) => 2 ** Math.ceil(Math.log2(Math.max(64, positions)));

/**
 * [length, 2, D / 2]: cosines, then sines. A longer table does not stand for a shorter one: a step that is recorded again
 * must find those that it found first.
 */
export function rotaryTable(
  device: Device,
  base: number,
  dim: number,
  scaling: RotaryScaling | undefined,
  positions: number,
): Tensor {
  const length = rotaryRows(positions);
  const known = knownTables(device, `${base} ${dim} ${JSON.stringify(scaling)}`);
  // Dynamic scaling has other angles for each number of positions beyond the original one.
  const beyond = scaling?.kind === "dynamic" ? Math.max(positions, scaling.originalLength) : 0;
  const key = `${length} ${beyond}`;
  let table = known.get(key);
  if (table) known.delete(key);
  // Steps that run later could not use it.
  else if (makesNoMemory()) return zeros(device, [length, 2, dim / 2]);
  else {
    const values = tableValues(length, rotaryFrequencies(dim, base, scaling, positions));
    table = tensor(device, values, [length, 2, dim / 2]);
    // The table outlives the scope that happens to be open.
    device.currentScope?.remove(table);
  }
  known.set(key, table);
  const [oldest] = known;
  if (oldest && known.size > maxTables) {
    known.delete(oldest[0]);
    oldest[1].dispose();
  }
  return table;
}

function knownTables(device: Device, kind: string): Map<string, Tensor> {
  let all = tables.get(device);
  if (!all) tables.set(device, (all = new Map()));
  let known = all.get(kind);
  if (!known) all.set(kind, (known = new Map()));
  return known;
}

function tableValues(length: number, frequencies: Float64Array): Float32Array {
  const half = frequencies.length;
  const values = new Float32Array(length * 2 * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] as number);
      values[2 * position * half + i] = Math.cos(angle);
      values[(2 * position + 1) * half + i] = Math.sin(angle);
    }
  }
  return values;
}
