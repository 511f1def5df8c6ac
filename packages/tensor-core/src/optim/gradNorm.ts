/** @file The Euclidean norm over all gradients, measured and limited on the device. */

import { run, runElements } from "../autograd/defineOp.ts";
import { ShapeError, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { finishNorm, maxGradients, sumSquares } from "./adamW.wgsl.ts";
import { clipKernel, limitOf } from "./gradNorm.wgsl.ts";
import { assertTogether, elementsOf, type ParameterPart, partsOf } from "./parameterParts.ts";

/** Workgroups that share the norm of one tensor, at most, and quads that an invocation of fewer takes. */
const maxNormGroups = 64;
const quadsPerInvocation = 32;

/** Partial sums that {@link measureNorm} needs for gradients of these parts. */
export function partialsOf(parts: readonly ParameterPart[]): number {
  let groups = 0;
  for (const { size } of parts) groups += normGroups(size);
  return groups * finishNorm.workgroup;
}

/**
 * Writes the norm of all gradients.
 *
 * @param grads    f32 by name
 * @param partials [n] f32 to work in, of at least {@link partialsOf} the gradients
 * @param norm     [] f32
 */
export function measureNorm(grads: ReadonlyMap<string, Tensor>, partials: Tensor, norm: Tensor): void {
  const parts = partsOf(grads, norm.device.maxBindingBytes);
  let first = 0;
  for (let start = 0; start < parts.length; start += maxGradients) {
    const together = parts.slice(start, start + maxGradients);
    const tensors: Record<string, Tensor> = { partials };
    const uniforms: Record<string, number> = { first };
    for (const [i, part] of together.entries()) {
      tensors[`gradient${i}`] = elementsOf(part, part.parameter);
      uniforms[`size${i}`] = part.size;
      uniforms[`groups${i}`] = normGroups(part.size);
    }
    const sums = partialsOf(together);
    run(sumSquares(together.length), tensors, uniforms, sums / finishNorm.workgroup);
    first += sums;
  }
  run(finishNorm, { partials, norm }, { quads: first / 4 }, 1);
}

/** What {@link clipGradNorm} returns. */
export interface ClippedGradients {
  /** By the names of the gradients, of their shapes. */
  readonly grads: Map<string, Tensor>;
  /** The norm before; [] f32. */
  readonly norm: Tensor;
}

/**
 * Scales gradients down to a Euclidean norm over all of them: g · min(1, maxNorm / |g|). Nothing is read back, and the
 * gradients themselves stay as they are, since two of them may be one tensor. Where the norm is NaN, so is all; a norm
 * that f32 does not hold is infinite. Pascanu et al. 2012, arXiv:1211.5063, algorithm 1.
 *
 *     const { grads, norm } = clipGradNorm(valueAndGrad(loss, params).grads, 1);
 *     optimizer.step(grads);
 *
 * @param grads   f32 by name
 * @param maxNorm the limit; Infinity for none, which scales nothing whatever the norm is
 * @throws ShapeError if there is no gradient, one is not f32, or they live on two devices
 * @throws RangeError if the limit is not positive
 */
export function clipGradNorm(grads: ReadonlyMap<string, Tensor>, maxNorm: number): ClippedGradients {
  if (!(maxNorm > 0)) throw new RangeError(`[clipGradNorm] maxNorm must be a number > 0, got ${maxNorm}`);
  const [first] = grads.values();
  if (!first) throw new ShapeError("[clipGradNorm] needs at least one gradient");
  for (const [name, { dtype, shape }] of grads) {
    if (dtype !== "f32") {
      throw new ShapeError(
        `[clipGradNorm] the gradient of ${name}, ${showShape(shape)}, must be f32, got ${dtype}: cast it`,
      );
    }
  }
  assertTogether("clipGradNorm", grads, "the gradients of ");
  const { device } = first;
  const norm = Tensor.allocate(device, [], "f32", "[clipGradNorm] norm");
  const clipped = new Map<string, Tensor>();
  for (const [name, { shape }] of grads) {
    clipped.set(name, Tensor.allocate(device, shape, "f32", `[clipGradNorm] the gradient of ${name}`));
  }
  using _partials = device.scope();
  const sums = partialsOf(partsOf(grads, device.maxBindingBytes));
  measureNorm(grads, Tensor.allocate(device, [sums], "f32", "[clipGradNorm] partial sums"), norm);
  for (const [name, g] of grads) {
    const y = clipped.get(name) as Tensor;
    runElements(clipKernel, { g, norm, y }, limitOf(maxNorm));
  }
  return { grads: clipped, norm };
}

function normGroups(size: number): number {
  return Math.max(
    1,
    Math.min(maxNormGroups, Math.ceil(size / (4 * finishNorm.workgroup * quadsPerInvocation))),
  );
}
