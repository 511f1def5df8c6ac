/** @file Functions of one tensor, element by element. All take and return f32 or f16 of any shape, and compute in f32; NaN stays NaN, except in `sign`; gradients: x. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type UnaryName, unaryTable } from "./unaryTable.ts";
import { unaryBackward, unaryForward } from "./unary.wgsl.ts";

const kernels = { forward: byVariant(unaryForward), backward: byVariant(unaryBackward) };

function unaryOp(name: UnaryName): (x: Tensor, s?: number) => Tensor {
  const op = defineOp<{ x: Tensor }, never, { s: number }, "x" | "y">({
    name,
    shape: ({ x }) => ({ y: { shape: x.shape, dtype: floatOf(x, name) } }),
    forward: ({ x, y }, { s }) => {
      runElements(kernels.forward({ name, dtype: floatOf(x, name) }), { x, y }, { s });
    },
    save: ["x", "y"],
    gradient: ({ x, y }, dy, { s }) => {
      if (unaryTable[name].gradient === "dy") return { x: dy };
      const dx = Tensor.allocate(x.device, x.shape, x.dtype, `[${name}] dx`);
      runElements(kernels.backward({ name, dtype: floatOf(x, name) }), { x, y, dy, dx }, { s });
      return { x: dx };
    },
  });
  return (x, s = 0) => op({ x }, { s });
}

/** @throws ShapeError if the elements are whole numbers */
function floatOf(x: Tensor, name: string): "f32" | "f16" {
  if (isFloat(x.dtype)) return x.dtype;
  throw new ShapeError(`[${name}] x must be f32 or f16, got ${x.dtype}: cast it`);
}

/** -x */
export const neg = unaryOp("neg") as (x: Tensor) => Tensor;
/** x * factor */
export const scale = unaryOp("scale") as (x: Tensor, factor: number) => Tensor;
/** x + term */
export const addScalar = unaryOp("addScalar") as (x: Tensor, term: number) => Tensor;
/** e^x */
export const exp = unaryOp("exp") as (x: Tensor) => Tensor;
/** Natural logarithm; -Infinity at 0, NaN below 0. */
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

/** 1 / sqrt(x); NaN below 0. */
export const rsqrt = unaryOp("rsqrt") as (x: Tensor) => Tensor;

/** 1 / x */
export const reciprocal = unaryOp("reciprocal") as (x: Tensor) => Tensor;

/** |x|; its slope at 0 is 0. */
export const abs = unaryOp("abs") as (x: Tensor) => Tensor;

/** -1, 0 or 1, of NaN 0 as in PyTorch; its slope is 0. */
export const sign = unaryOp("sign") as (x: Tensor) => Tensor;

/** The largest whole number that is not above x; its slope is 0. */
export const floor = unaryOp("floor") as (x: Tensor) => Tensor;

/** The smallest whole number that is not below x; its slope is 0. */
export const ceil = unaryOp("ceil") as (x: Tensor) => Tensor;

/** The nearest whole number, of two as near the even one, as in PyTorch and NumPy; its slope is 0. */
export const round = unaryOp("round") as (x: Tensor) => Tensor;

/** Sine; adapters promise it between -π and π alone. */
export const sin = unaryOp("sin") as (x: Tensor) => Tensor;

/** Cosine; adapters promise it between -π and π alone. */
export const cos = unaryOp("cos") as (x: Tensor) => Tensor;

/** x to a constant power; NaN for a negative x where the power is not whole; 1, with a slope of 0, where it is 0. */
export const pow = unaryOp("pow") as (x: Tensor, exponent: number) => Tensor;

/** max(x, 0) + slope · min(x, 0); Maas et al. 2013. */
export const leakyRelu = unaryOp("leakyRelu") as (x: Tensor, slope: number) => Tensor;

/** log(1 + e^x), without overflow. */
export const softplus = unaryOp("softplus") as (x: Tensor) => Tensor;

/** The error function, off by at most 6e-7. Abramowitz and Stegun, 7.1.26. */
export const erf = unaryOp("erf") as (x: Tensor) => Tensor;

/** Gaussian error linear unit in its exact form, x Φ(x), as PyTorch's default. arXiv:1606.08415. */
export const geluErf = unaryOp("geluErf") as (x: Tensor) => Tensor;

const maxScalar = unaryOp("maxScalar");
const minScalar = unaryOp("minScalar");

/**
 * Limits the elements to [low, high]; either may be infinite. The slope is 1 within and at the ends, 0 outside.
 *
 * @throws ShapeError if low exceeds high
 */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw new ShapeError(`[clamp] low must not exceed high, got ${low} and ${high}`);
  return freeAfter(x.device, () => {
    const raised = low === Number.NEGATIVE_INFINITY ? x : maxScalar(x, low);
    return high === Number.POSITIVE_INFINITY ? raised : minScalar(raised, high);
  });
}
