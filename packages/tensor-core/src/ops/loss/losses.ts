/** @file Losses made of other ops. Each is a mean over all elements or rows. */

import { sameShape, ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add, div, mul, sub } from "../elementwise/binary.ts";
import { abs, clamp, neg, scale, softplus, sqrt, square } from "../elementwise/unary.ts";
import { gather } from "../index/gather.ts";
import { reshape } from "../layout/reshape.ts";
import { mean, sum } from "../reduce/sum.ts";

/**
 * The mean of (x - target)².
 *
 * @param x      f32 or f16 of any shape
 * @param target of the shape and dtype of x
 * @returns      [] of the dtype of x
 * @throws ShapeError if the shapes differ
 *
 * Gradients: x, target.
 */
export function mseLoss(x: Tensor, target: Tensor): Tensor {
  assertSame("mseLoss", x, target);
  return mean(square(sub(x, target)));
}

/** The mean of |x - target|; otherwise as {@link mseLoss}. */
export function l1Loss(x: Tensor, target: Tensor): Tensor {
  assertSame("l1Loss", x, target);
  return mean(abs(sub(x, target)));
}

/**
 * Huber's loss, delta · (|d| - delta / 2) beyond delta and d² / 2 within, as a mean; otherwise as {@link mseLoss}.
 *
 * @param delta where the square turns into a line; default 1
 */
export function huberLoss(x: Tensor, target: Tensor, delta = 1): Tensor {
  assertSame("huberLoss", x, target);
  const distance = abs(sub(x, target));
  const near = clamp(distance, 0, delta);
  // d² / 2 + delta (|d| - d), where d is cut off at delta.
  return mean(add(scale(square(near), 0.5), scale(sub(distance, near), delta)));
}

/**
 * The mean of -(t log σ(x) + (1 - t) log(1 - σ(x))), from logits, without overflow.
 *
 * @param logits  f32 or f16 of any shape
 * @param targets of the same shape and dtype, 0 to 1
 * @param options weights: of the same shape, multiplied in before the mean
 * @returns       []
 * @throws ShapeError if the shapes differ
 *
 * Gradients: logits, targets.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: { readonly weights?: Tensor } = {},
): Tensor {
  assertSame("binaryCrossEntropyWithLogits", logits, targets);
  const losses = sub(softplus(logits), mul(logits, targets));
  return mean(options.weights ? mul(losses, options.weights) : losses);
}

/**
 * The mean of -logProbabilities[i, targets[i]].
 *
 * @param logProbabilities [N, V] f32, of {@link logSoftmax}
 * @param targets          [N] i32; one that is no class counts as a loss of 0
 * @returns                [] f32
 * @throws ShapeError if a shape or a dtype differs
 *
 * Gradients: logProbabilities. {@link crossEntropy} does both steps at once, from logits.
 */
export function nllLoss(logProbabilities: Tensor, targets: Tensor): Tensor {
  const [rows = 0] = logProbabilities.shape;
  if (logProbabilities.rank !== 2 || targets.rank !== 1 || targets.shape[0] !== rows) {
    throw new ShapeError(
      `[nllLoss] logProbabilities and targets must be [N, V] and [N], got ${showShape(logProbabilities.shape)} ` +
        `and ${showShape(targets.shape)}`,
    );
  }
  return neg(mean(gather(logProbabilities, reshape(targets, [rows, 1]), 1)));
}

/**
 * a · b / max(|a| |b|, eps) along one axis.
 *
 * @param a       [..., D, ...] f32
 * @param b       of the shape of a
 * @param options axis: default the last; eps: default 1e-8
 * @returns       [..., ...] f32, -1 to 1
 * @throws ShapeError if the shapes differ
 *
 * Gradients: a, b; finite at zero vectors.
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  options: { readonly axis?: number; readonly eps?: number } = {},
): Tensor {
  const { axis = -1, eps = 1e-8 } = options;
  assertSame("cosineSimilarity", a, b);
  const squares = mul(sum(square(a), axis), sum(square(b), axis));
  return div(sum(mul(a, b), axis), sqrt(clamp(squares, eps * eps, Number.POSITIVE_INFINITY)));
}

/**
 * x / max(|x|, eps) along one axis.
 *
 * @param x       [..., D, ...] f32
 * @param options axis: default the last; eps: default 1e-12
 * @returns       the shape of x
 *
 * Gradients: x.
 */
export function normalize(
  x: Tensor,
  options: { readonly axis?: number; readonly eps?: number } = {},
): Tensor {
  const { axis = -1, eps = 1e-12 } = options;
  const squares = sum(square(x), axis, { keepAxis: true });
  return div(x, sqrt(clamp(squares, eps * eps, Number.POSITIVE_INFINITY)));
}

function assertSame(op: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, target.shape)) {
    throw new ShapeError(
      `[${op}] both must have one shape, got ${showShape(x.shape)} and ${showShape(target.shape)}`,
    );
  }
}
