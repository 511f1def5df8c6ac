/** @file A range of one axis. */

import { addGradients } from "../../autograd/addGradients.ts";
import { defineOp, run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { bindsWhole, recordByWindows } from "../../tensor/recordByWindows.ts";
import { normalizeAxis, ShapeError, showShape, stridesOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { copyUnit } from "./copyUnit.ts";
import { addSliceInWindows, addSliceKernel } from "./pad.wgsl.ts";
import { padAxis } from "./padAxis.ts";
import { inUnits, reachInPart, rowPlace } from "./rowPlace.ts";
import { stridedCopy } from "./stridedCopy.ts";
import { windowValues } from "./windowUniforms.ts";

const kernelOf = byVariant(addSliceKernel);
const windowKernelOf = byVariant(addSliceInWindows);

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOp = defineOp<{ x: Tensor }, never, Range, "x">({
  name: "slice",
  shape: ({ x }, { axis, start, end }) => ({
    y: { shape: x.shape.map((n, i) => (i === axis ? end - start : n)), dtype: x.dtype },
  }),
  forward: ({ x, y }, { axis, start }) => {
    const strides = stridesOf(x.shape);
    stridedCopy("slice", { x, offset: start * (strides[axis] ?? 1), strides }, y);
  },
  save: ["x"],
  accumulates: ["x"],
  gradient: ({ x }, dy, { axis, start }, _, known) => {
    const dx = Tensor.allocate(x.device, x.shape, x.dtype, "[slice] dx");
    if (known.x && x.dtype === "f32") addInPlace(known.x, dy, dx, axis, start);
    else padAxis(dy, dx, axis, start, 0);
    if (known.x && x.dtype !== "f32") return { x: addGradients(known.x, dx) };
    return { x: dx };
  },
});

/** dx = known, with dy added from `start` of the axis. */
function addInPlace(known: Tensor, dy: Tensor, dx: Tensor, axis: number, start: number): void {
  const place = rowPlace(dy, dx, axis, start);
  const { width = 1 } = copyUnit("f32", Object.values(place)) ?? {};
  const [quads, units] = [width === 4, inUnits(place, width)];
  if (bindsWhole({ dy, dx })) {
    const kernel = kernelOf({ quads });
    const count = dx.size / width;
    run(kernel, { dy, known, dx }, { count, ...units }, Math.ceil(count / kernel.workgroup));
    return;
  }
  const kernel = windowKernelOf({ quads });
  recordByWindows({ known, dx }, { dy }, reachInPart(place), (tensors, window) => {
    const uniforms = { ...units, ...windowValues(window, width) };
    run(kernel, tensors, uniforms, Math.ceil(uniforms.count / kernel.workgroup));
  });
}

/**
 * Copies the elements from `start` up to, not including, `end` along one axis.
 *
 * @param x     [..., n, ...] of any dtype
 * @param axis  negative ones count from the end
 * @param start negative ones count from the end of the axis, as in NumPy
 * @param end   likewise; default n
 * @returns     [..., end - start, ...]; x itself, not a copy, if that is the whole axis
 * @throws ShapeError unless 0 <= start <= end <= n
 *
 * Numerics: exact. Gradients: x, zero outside of the range.
 */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  const at = normalizeAxis("slice", axis, x.rank);
  const n = x.shape[at] ?? 1;
  const [from, to] = [start < 0 ? start + n : start, end === undefined ? n : end < 0 ? end + n : end];
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > n) {
    throw new ShapeError(
      `[slice] ${start} to ${end ?? n} is no range of axis ${axis} of ${showShape(x.shape)}: ` +
        `use ${-n} to ${n}, the start not after the end`,
    );
  }
  return from === 0 && to === n ? x : sliceOp({ x }, { axis: at, start: from, end: to });
}
