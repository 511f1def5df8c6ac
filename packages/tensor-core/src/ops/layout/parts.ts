/** @file Records copies between a tensor and its parts along one axis. */

import { recordByRows, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { copyUnit } from "./copyUnit.ts";
import { maxParts, type PartBuffer, partsKernel, type PartUniform, type PartsVariant } from "./parts.wgsl.ts";
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
  if (rows === 1 && copyRanges(whole, filled, unit.width, join)) return;
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

/**
 * Copies parts of the first axis one by one, where the whole is more than the device binds at once.
 *
 * @returns false where it binds it, or where a part begins where no binding may
 */
function copyRanges(
  whole: Tensor,
  parts: readonly { readonly tensor: Tensor; readonly length: number }[],
  width: number,
  join: boolean,
): boolean {
  const starts = parts.map((_, i) =>
    parts.slice(0, i).reduce((total, part) => total + part.length * width, 0),
  );
  if (whole.bytes <= whole.device.maxBindingBytes || starts.some((start) => start % rangeAlignment !== 0)) {
    return false;
  }
  using _ranges = whole.device.scope();
  parts.forEach(({ tensor }, i) => {
    const flat = tensor.view([tensor.size]);
    const range = whole.range(starts[i] ?? 0, flat.shape);
    stridedCopy("concat", { x: join ? flat : range, offset: 0, strides: [1] }, join ? range : flat);
  });
  return true;
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
