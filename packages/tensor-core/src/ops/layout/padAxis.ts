/** @file Records the copy of a tensor into a larger one. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { fill, fillWord } from "../../tensor/fill.ts";
import { bindsWhole, recordByWindows } from "../../tensor/recordByWindows.ts";
import { rangeAlignment, Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { type CopyUnit, copyUnit } from "./copyUnit.ts";
import { insertKernel, padKernel } from "./pad.wgsl.ts";
import { inUnits, reachInPart, type RowPlace, rowPlace } from "./rowPlace.ts";
import { windowValues } from "./windowUniforms.ts";

const kernelOf = byVariant(padKernel);
const insertKernelOf = byVariant(insertKernel);

/** Fills y with `value`, and from `start` of the axis with x, which is as y along the other axes. */
export function padAxis(x: Tensor, y: Tensor, axis: number, start: number, value: number): void {
  const place = rowPlace(x, y, axis, start);
  const unit = copyUnit(y.dtype, Object.values(place));
  if (unit && bindsWhole({ x, y })) {
    const { width, element } = unit;
    const kernel = kernelOf({ element });
    const count = y.size / width;
    const word = fillWord(value, y.dtype);
    run(kernel, { x, y }, { count, ...inUnits(place, width), word }, Math.ceil(count / kernel.workgroup));
    return;
  }
  if (unit) {
    fill(y, value);
    insert(x, y, place, unit);
    return;
  }
  // f16 at odd places, by way of f32.
  const [wideX, wideY] = [x, y].map((t) => Tensor.allocate(t.device, t.shape, "f32", "[pad] in f32")) as [
    Tensor,
    Tensor,
  ];
  castInto(x, wideX);
  padAxis(wideX, wideY, axis, start, value);
  castInto(wideY, y);
  wideX.dispose();
  wideY.dispose();
}

/**
 * Puts x into its place in y, in parts that the device binds; the rest of y stays as it is.
 *
 * @param place has whole units
 */
export function insert(x: Tensor, y: Tensor, place: RowPlace, { element, width }: CopyUnit): void {
  if (x.size === 0) return;
  const kernel = insertKernelOf({ element });
  // What comes before x in y, and after it, need not be gone through.
  const before = Math.floor(place.start / rangeAlignment) * rangeAlignment;
  const end = (x.size / place.length - 1) * place.row + place.start + place.length;
  using _range = y.device.scope();
  const own = { ...place, start: place.start - before };
  const written = { y: y.range(before, [end - before]) };
  recordByWindows(written, { x }, reachInPart(own), (tensors, window) => {
    const uniforms = { ...inUnits(own, width), ...windowValues(window, width) };
    run(kernel, tensors, uniforms, Math.ceil(uniforms.count / kernel.workgroup));
  });
}
