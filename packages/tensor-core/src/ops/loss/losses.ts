/** @file Losses made of other ops. Each is a mean over all elements or rows. */

import { freeAfter } from "../../autograd/tape.ts";
import { sameShape, ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add, div, mul, sub } from "../elementwise/binary.ts";
import { abs, clamp, neg, scale, softplus, sqrt, square } from "../elementwise/unary.ts";
import { gather } from "../index/gather.ts";
import { cast } from "../layout/cast.ts";
import { inSingle } from "../layout/inSingle.ts";
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
  return freeAfter(x.device, () => mean(square(sub(x, target))));
}

/** The mean of |x - target|; otherwise as {@link mseLoss}. */
export function l1Loss(x: Tensor, target: Tensor): Tensor {
  assertSame("l1Loss", x, target);
  return freeAfter(x.device, () => mean(abs(sub(x, target))));
}

/**
 * Huber's loss, delta · (|d| - delta / 2) beyond delta and d² / 2 within, as a mean; otherwise as {@link mseLoss}.
 *
 * @param delta where the square turns into a line, greater than 0; Infinity for nowhere; default 1
 * @throws ShapeError if the shapes differ
 * @throws RangeError if delta is no number greater than 0
 */
export function huberLoss(x: Tensor, target: Tensor, delta = 1): Tensor {
  assertSame("huberLoss", x, target);
  if (!(delta > 0)) throw new RangeError(`[huberLoss] delta must be a number > 0, got ${delta}`);
  // What is infinite to f32 times |d| - d, which is 0, would be NaN.
  if (Math.fround(delta) === Infinity) return freeAfter(x.device, () => scale(mseLoss(x, target), 0.5));
  return freeAfter(x.device, () => {
    const distance = abs(sub(x, target));
    const near = clamp(distance, 0, delta);
    // d² / 2 + delta (|d| - d), where d is cut off at delta.
    return mean(add(scale(square(near), 0.5), scale(sub(distance, near), delta)));
  });
}

/**
 * The mean of -(t log σ(x) + (1 - t) log(1 - σ(x))), from logits, without overflow.
 *
 * @param logits  f32 or f16 of any shape
 * @param targets of the same shape and dtype, 0 to 1
 * @param options weights: of the same shape and dtype, multiplied in before the mean
 * @returns       []
 * @throws ShapeError if the shapes differ
 *
 * Gradients: logits, targets, weights.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  options: { readonly weights?: Tensor } = {},
): Tensor {
  assertSame("binaryCrossEntropyWithLogits", logits, targets);
  const { weights } = options;
  if (weights && !sameShape(weights.shape, logits.shape)) {
    throw new ShapeError(
      `[binaryCrossEntropyWithLogits] weights must be ${showShape(logits.shape)}, one for each logit, ` +
        `got ${showShape(weights.shape)}: reshape or expand them`,
    );
  }
  return freeAfter(logits.device, () => {
    const losses = sub(softplus(logits), mul(logits, targets));
    return mean(weights ? mul(losses, weights) : losses);
  });
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
  return freeAfter(targets.device, () => neg(mean(gather(logProbabilities, reshape(targets, [rows, 1]), 1))));
}

/**
 * a · b / (max(|a|, eps) max(|b|, eps)) along one axis, as PyTorch has it.
 *
 * @param a       [..., D, ...] f32 or f16
 * @param b       of the shape and dtype of a
 * @param options axis: default the last; eps: default 1e-8
 * @returns       [..., ...] of the dtype of a, -1 to 1
 * @throws ShapeError if the shapes differ
 *
 * Numerics: for |a| and |b| up to 1.8e19, whose squares f32 holds. f16 is computed in f32 and rounded once.
 * Gradients: a, b; finite at zero vectors.
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: DirectionOptions = {}): Tensor {
  assertSame("cosineSimilarity", a, b);
  if (a.dtype === "f16" && b.dtype === "f16") {
    return inSingle(a, (wide) => cosineSimilarity(wide, cast(b, "f32"), options));
  }
  const { axis = -1, eps = 1e-8 } = options;
  // One after the other: the product of both may be more than f32 holds.
  return freeAfter(a.device, () =>
    div(div(sum(mul(a, b), axis), lengthOf(a, axis, eps)), lengthOf(b, axis, eps)),
  );
}

/**
 * x / max(|x|, eps) along one axis.
 *
 * @param x       [..., D, ...] f32 or f16
 * @param options axis: default the last; eps: default 1e-12
 * @returns       the shape and dtype of x
 *
 * Numerics: for |x| up to 1.8e19, whose square f32 holds. f16 is computed in f32 and rounded once. Gradients: x.
 */
export function normalize(x: Tensor, options: DirectionOptions = {}): Tensor {
  if (x.dtype === "f16") return inSingle(x, (wide) => normalize(wide, options));
  const { axis = -1, eps = 1e-12 } = options;
  return freeAfter(x.device, () => div(x, lengthOf(x, axis, eps, true)));
}

interface DirectionOptions {
  readonly axis?: number;
  readonly eps?: number;
}

/** max(|x|, eps) along one axis. */
function lengthOf(x: Tensor, axis: number, eps: number, keepAxis = false): Tensor {
  return sqrt(clamp(sum(square(x), axis, { keepAxis }), eps * eps, Infinity));
}

function assertSame(op: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, target.shape)) {
    throw new ShapeError(
      `[${op}] both must have one shape, got ${showShape(x.shape)} and ${showShape(target.shape)}`,
    );
  }
}
