/** @file What a captured step takes: host values, whose types say dtypes. */

import type { DType } from "./dtype.ts";
import { type Shape, showShape } from "./shape.ts";

/** Values on the host for an input of a captured step. */
export interface StepInput {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | Uint32Array;
}

/** Names, shapes and dtypes of inputs, by their names in order. */
export function describeInputs(inputs: Readonly<Record<string, StepInput>>): string {
  let key = "";
  for (const name of Object.keys(inputs).toSorted()) {
    const { shape, data } = inputs[name] as StepInput;
    key += `${name} ${showShape(shape)} ${dtypeOf(name, data)};`;
  }
  return key;
}

/** @throws TypeError if the values are in no array of a dtype */
export function dtypeOf(name: string, data: StepInput["data"]): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  const got = (data as object | undefined)?.constructor.name ?? String(data);
  throw new TypeError(
    `[capture] input ${name} must be a Float32Array, Int32Array or Uint32Array, which says its dtype; got ${got}`,
  );
}
