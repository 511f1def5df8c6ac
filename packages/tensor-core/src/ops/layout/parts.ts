/** @file Records copies between a tensor and its parts along one axis. */

import { recordByRows, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { rowsAtOnce } from "../../tensor/recordByRows.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { type CopyUnit, copyUnit } from "./copyUnit.ts";
import { insert } from "./padAxis.ts";
import { maxParts, type PartBuffer, partsKernel, type PartUniform, type PartsVariant } from "./parts.wgsl.ts";
import { rowPlace } from "./rowPlace.ts";
import { stridedCopy } from "./stridedCopy.ts";

const kernelOf = byVariant((variant: PartsVariant) => partsKernel(variant));

/** Writes the whole from its parts, or the parts from the whole; together the parts fill the axis. */
export function copyParts(
  whole: Tensor,
  parts: readonly Tensor[],
  axis: number,
  direction: "join" | "split",
): void {
  const join = direction === "join";
  const inner = sizeOf(whole.shape.slice(axis + 1));
  const lengths = parts.map((part) => (part.shape[axis] ?? 0) * inner);
  const unit = copyUnit(whole.dtype, lengths);
  if (!unit) return copyWidened(whole, parts, axis, direction);
  const row = (whole.shape[axis] ?? 0) * inner;
  const rows = whole.size / row;
  const filled = parts
    .map((tensor, j) => ({ tensor, length: (lengths[j] ?? 0) / unit.width }))
    .filter((p) => p.length > 0);
  const all = Object.fromEntries([whole, ...parts].filter(({ size }) => size > 0).map((t, i) => [i, t]));
  if (rowsAtOnce(all, rows) === 0) return copyOneByOne(whole, parts, axis, unit, join);
  let start = 0;
  for (let first = 0; first < filled.length; first += maxParts) {
    const group = filled.slice(first, first + maxParts);
    const tensors: Partial<Record<PartBuffer, Tensor>> = { whole };
    const ends: Partial<Record<PartUniform, number>> = {};
    let width = 0;
    group.forEach(({ tensor, length }, j) => {
      const name = `${j}` as "0";
      tensors[`part${name}`] = tensor;
      ends[`end${name}`] = width += length;
    });
    const kernel = kernelOf({ parts: group.length, element: unit.element, join });
    const places = { ...(ends as Record<PartUniform, number>), row: row / unit.width, width, start };
    recordByRows(tensors as Record<PartBuffer, Tensor>, rows, (part, here) =>
      run(kernel, part, { ...places, count: here * width }, Math.ceil((here * width) / kernel.workgroup)),
    );
    start += width;
  }
}

/** Where a row is more than the device binds at once, or ends where no binding may begin. */
function copyOneByOne(
  whole: Tensor,
  parts: readonly Tensor[],
  axis: number,
  unit: CopyUnit,
  join: boolean,
): void {
  let start = 0;
  for (const part of parts) {
    const strides = stridesOf(whole.shape);
    if (join) insert(part, whole, rowPlace(part, whole, axis, start), unit);
    else stridedCopy("split", { x: whole, offset: start * (strides[axis] ?? 1), strides }, part);
    start += part.shape[axis] ?? 0;
  }
}

/** f16 at odd places, by way of f32. */
function copyWidened(
  whole: Tensor,
  parts: readonly Tensor[],
  axis: number,
  direction: "join" | "split",
): void {
  const widen = (t: Tensor) => Tensor.allocate(t.device, t.shape, "f32", `[${direction}] a part in f32`);
  const wide = { whole: widen(whole), parts: parts.map(widen) };
  if (direction === "join") parts.forEach((part, j) => castInto(part, wide.parts[j] as Tensor));
  else castInto(whole, wide.whole);
  copyParts(wide.whole, wide.parts, axis, direction);
  if (direction === "join") castInto(wide.whole, whole);
  else parts.forEach((part, j) => castInto(wide.parts[j] as Tensor, part));
  for (const t of [wide.whole, ...wide.parts]) t.dispose();
}
