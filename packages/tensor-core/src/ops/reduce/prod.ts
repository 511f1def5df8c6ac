/** @file Products along an axis. */

import { defineOp, recordByRows, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { normalizeAxis, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { prodBackward } from "./prod.wgsl.ts";
import { reduceAxis, type ReduceOptions } from "./reduceAxis.ts";

const prodAxis = defineOp<{ x: Tensor }, never, { axis: number }, "x">({
  name: "prod",
  shape: ({ x }, { axis }) => ({ y: { shape: x.shape.with(axis, 1), dtype: x.dtype } }),
  forward: ({ x, y }, { axis }) => reduceAxis("prod", x, y, axis),
  save: ["x"],
  gradient: ({ x }, dy, { axis }) => {
    const dx = Tensor.allocate(x.device, x.shape, "f32", "[prod] dx");
    const inner = sizeOf(x.shape.slice(axis + 1));
    const n = x.shape[axis] ?? 1;
    if (dx.size > 0) {
      recordByRows({ x, dy, dx }, dy.size / inner, (part, outer) => {
        const count = outer * inner;
        run(prodBackward, part, { count, n, inner }, Math.ceil(count / prodBackward.workgroup));
      });
    }
    return { x: dx };
  },
});

/**
 * The product along one axis, or of all elements where no axis is given; 1 of no elements.
 *
 * @param x [..., n, ...] f32, or f16, whose product is made in f32 and rounded once; i32 and u32 wrap around
 * @returns [..., ...] of the dtype of x, or [] over all
 * @throws ShapeError if the axis is out of range
 *
 * Numerics: in a fixed order, as `sum`. Gradients: x, from the products before and after each element, so that
 * zeros are no exception; one invocation walks each line.
 */
export function prod(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => prod(wide, axis, options));
  return freeAfter(x.device, () => {
    const flat = axis === undefined ? reshape(x, [x.size]) : x;
    const at = normalizeAxis("prod", axis ?? 0, flat.rank);
    const y = prodAxis({ x: flat }, { axis: at });
    if (axis === undefined) return reshape(y, options.keepAxis ? x.shape.map(() => 1) : []);
    return options.keepAxis ? y : reshape(y, x.shape.toSpliced(at, 1));
  });
}
