/** @file Functions of one tensor, element by element. All take and return f32 of any shape; gradients: x. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { ShapeError } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type UnaryName, unaryTable } from "./unaryTable.ts";
import { unaryBackward, unaryForward } from "./unary.wgsl.ts";

function unaryOp(name: UnaryName): (x: Tensor, s?: number) => Tensor {
  const forward = unaryForward(name);
  const backward = unaryBackward(name);
  const op = defineOp<{ x: Tensor }, never, { s: number }, "x" | "y">({
    name,
    shape: ({ x }) => {
      if (x.dtype !== "f32") throw new ShapeError(`[${name}] x must be f32, got ${x.dtype}`);
      return { y: { shape: x.shape, dtype: "f32" } };
    },
    forward: ({ x, y }, { s }) =>
      run(forward, { x, y }, { quads: quads(x), s }, groups(x, forward.workgroup)),
    save: ["x", "y"],
    gradient: ({ x, y }, dy, { s }) => {
      if (unaryTable[name].gradient === "dy") return { x: dy };
      const dx = Tensor.allocate(x.device, x.shape, "f32", `[${name}] dx`);
      run(backward, { x, y, dy, dx }, { quads: quads(x), s }, groups(x, backward.workgroup));
      return { x: dx };
    },
  });
  return (x, s = 0) => op({ x }, { s });
}

const quads = (x: Tensor) => Math.ceil(x.size / 4);
const groups = (x: Tensor, workgroup: number) => Math.ceil(quads(x) / workgroup);

/** -x */
export const neg = unaryOp("neg") as (x: Tensor) => Tensor;
/** x * factor */
export const scale = unaryOp("scale") as (x: Tensor, factor: number) => Tensor;
/** x + term */
export const addScalar = unaryOp("addScalar") as (x: Tensor, term: number) => Tensor;
/** e^x */
export const exp = unaryOp("exp") as (x: Tensor) => Tensor;
/** Natural logarithm; NaN below 0. */
export const log = unaryOp("log") as (x: Tensor) => Tensor;
/** Square root; NaN below 0. */
export const sqrt = unaryOp("sqrt") as (x: Tensor) => Tensor;
/** x * x */
export const square = unaryOp("square") as (x: Tensor) => Tensor;
/** max(x, 0); its slope at 0 is 0. */
export const relu = unaryOp("relu") as (x: Tensor) => Tensor;
/** 1 / (1 + e^-x) */
export const sigmoid = unaryOp("sigmoid") as (x: Tensor) => Tensor;
/** Hyperbolic tangent. */
export const tanh = unaryOp("tanh") as (x: Tensor) => Tensor;
/** Gaussian error linear unit, tanh form. Hendrycks and Gimpel 2016, arXiv:1606.08415. */
export const gelu = unaryOp("gelu") as (x: Tensor) => Tensor;
/** Sigmoid linear unit (swish), x * sigmoid(x). Elfwing et al. 2017, arXiv:1702.03118. */
export const silu = unaryOp("silu") as (x: Tensor) => Tensor;
