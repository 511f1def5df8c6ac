/** @file Sums of exponentials, and spreads about the mean, made of other ops. f16 is computed in f32 and rounded once: sums of halves overflow. */

import { freeAfter, noGrad } from "../../autograd/tape.ts";
import { normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add, sub } from "../elementwise/binary.ts";
import { clamp, exp, log, scale, sqrt, square } from "../elementwise/unary.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { max } from "./extremes.ts";
import type { ReduceOptions } from "./reduceAxis.ts";
import { mean, sum } from "./sum.ts";

const largestFloat = 3.4028234e38;

/**
 * log Σ e^x along one axis, from differences to the largest element.
 *
 * @param x [..., n, ...] f32 or f16
 * @returns [..., ...] of the dtype of x; -Infinity where all elements are, NaN where one is
 * @throws ShapeError if the axis is out of range or has no elements
 *
 * Gradients: x, the softmax.
 */
export function logSumExp(x: Tensor, axis: number, options: ReduceOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => logSumExp(wide, axis, options));
  const at = normalizeAxis("logSumExp", axis, x.rank);
  return freeAfter(x.device, () => {
    const { top, below } = belowTop(x, at);
    const y = add(log(sum(exp(below), at, { keepAxis: true })), top);
    return options.keepAxis ? y : reshape(y, x.shape.toSpliced(at, 1));
  });
}

/** The largest element along an axis, and the differences of all to it. */
function belowTop(x: Tensor, axis: number) {
  // Infinity minus infinity is NaN: differences are taken to the largest finite number at most.
  const top = noGrad(() => clamp(max(x, axis, { keepAxis: true }), -largestFloat, largestFloat));
  return { top, below: sub(x, top) };
}

/**
 * Logarithms of the softmax, without its underflow: (x - max) - log Σ e^(x - max), which keeps its digits where x is large.
 *
 * @param x [..., n, ...] f32 or f16
 * @returns the shape and dtype of x
 *
 * Gradients: x.
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => logSoftmax(wide, axis));
  const at = normalizeAxis("logSoftmax", axis, x.rank);
  return freeAfter(x.device, () => {
    const { below } = belowTop(x, at);
    return sub(below, log(sum(exp(below), at, { keepAxis: true })));
  });
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 1, the default, for samples, as PyTorch; 0 for populations, as NumPy and MLX. */
  readonly correction?: number;
}

/**
 * The mean square about the mean, along one axis or over all elements, in two passes.
 *
 * @param x [..., n, ...] f32 or f16
 * @returns [..., ...] of the dtype of x; NaN where n is not above the correction
 *
 * Gradients: x.
 */
export function variance(x: Tensor, axis?: number, options: VarianceOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => variance(wide, axis, options));
  const { correction = 1, ...kept } = options;
  const n = axis === undefined ? x.size : (x.shape[normalizeAxis("variance", axis, x.rank)] ?? 1);
  return freeAfter(x.device, () => {
    const centered = sub(x, mean(x, axis, { keepAxis: true }));
    return scale(sum(square(centered), axis, kept), n > correction ? 1 / (n - correction) : Number.NaN);
  });
}

/** The square root of the variance, otherwise as {@link variance}; its gradient is NaN where all elements are equal. */
export function standardDeviation(x: Tensor, axis?: number, options: VarianceOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => standardDeviation(wide, axis, options));
  return freeAfter(x.device, () => sqrt(variance(x, axis, options)));
}
