/** @file A choice between two tensors, element by element. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { fill } from "../../tensor/fill.ts";
import { broadcastShapes, ShapeError } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";
import { cast } from "../layout/cast.ts";
import { sumTo } from "../reduce/sum.ts";
import { whereKernel } from "./compare.wgsl.ts";

const kernelOf = byVariant(whereKernel);

const whereOp = defineOp<{ condition: Tensor; a: Tensor; b: Tensor }, never, object, "condition" | "a" | "b">(
  {
    name: "where",
    shape: ({ condition, a, b }) => {
      if (a.dtype !== b.dtype) {
        throw new ShapeError(
          `[where] both sides must have one dtype, got ${a.dtype} and ${b.dtype}: cast one`,
        );
      }
      const sides = broadcastShapes("where", a.shape, b.shape);
      return { y: { shape: broadcastShapes("where", condition.shape, sides), dtype: a.dtype } };
    },
    forward: ({ condition, a, b, y }) => {
      using _copies = y.device.scope();
      const [c, left, right] = [condition, a, b].map((t) => broadcastTo(t, y.shape)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      runElements(kernelOf({ dtype: a.dtype }), { condition: c, a: left, b: right, y }, {});
    },
    save: ["condition", "a", "b"],
    gradient: ({ condition, a, b }, dy, _, needs) => {
      // Chosen, not multiplied: what is not chosen may be infinite.
      const zero = fill(Tensor.allocate(dy.device, [1], dy.dtype, "[where] zero"), 0);
      return {
        a: needs.has("a") ? sumTo(where(condition, dy, zero), a.shape) : undefined,
        b: needs.has("b") ? sumTo(where(condition, zero, dy), b.shape) : undefined,
      };
    },
  },
);

/**
 * a where the condition is not 0 (NaN is not), else b; all three broadcast by NumPy's rule.
 *
 * @param condition any dtype
 * @param a         any dtype
 * @param b         of the dtype of a
 * @throws ShapeError if the shapes do not broadcast or the dtypes of a and b differ
 *
 * Numerics: exact; a NaN that is not chosen leaves no trace, nor does its gradient. Gradients: a, b.
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return freeAfter(a.device, () => whereOp({ condition: cast(condition, "f32"), a, b }, {}));
}
