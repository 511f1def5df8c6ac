/** @file Initial values of parameters, by seed. */

import { tensor, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { lastOf, type Random } from "../tensor/random.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { makesNoMemory } from "../tensor/withoutMemory.ts";

/** Normal values, cut off at two deviations, as ViT and BERT are initialised. */
export function truncatedNormal(device: Device, shape: Shape, random: Random, deviation = 0.02): Tensor {
  return drawn(device, shape, () => {
    let z = random.normal();
    while (Math.abs(z) > 2) z = random.normal();
    return z * deviation;
  });
}

/** Uniform values in [-bound, bound), of which the last f32 below the bound takes what would round up to it. */
export function uniform(device: Device, shape: Shape, random: Random, bound: number): Tensor {
  const last = lastOf(-Math.fround(bound), Math.fround(bound), 24);
  return drawn(device, shape, () => Math.min(random.uniform(-bound, bound), last));
}

/** Normal values. */
export function normal(device: Device, shape: Shape, random: Random, deviation = 1): Tensor {
  return drawn(device, shape, () => random.normal(0, deviation));
}

/** Uniform in ± gain · sqrt(6 / (fan in + fan out)). Glorot and Bengio 2010, equation 16. */
export function xavierUniform(device: Device, shape: Shape, random: Random, gain = 1): Tensor {
  const { fanIn, fanOut } = fansOf("xavierUniform", shape);
  return uniform(device, shape, random, gain * Math.sqrt(6 / (fanIn + fanOut)));
}

/** Normal with deviation gain · sqrt(2 / (fan in + fan out)). Glorot and Bengio 2010. */
export function xavierNormal(device: Device, shape: Shape, random: Random, gain = 1): Tensor {
  const { fanIn, fanOut } = fansOf("xavierNormal", shape);
  return normal(device, shape, random, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Uniform in ± sqrt(6 / ((1 + slope²) fan in)), which keeps the variance through leaky ReLUs. He et al. 2015,
 * arXiv:1502.01852, equation 15.
 *
 * @param slope of the ReLUs below 0; default 0
 */
export function kaimingUniform(device: Device, shape: Shape, random: Random, slope = 0): Tensor {
  const { fanIn } = fansOf("kaimingUniform", shape);
  return uniform(device, shape, random, Math.sqrt(6 / ((1 + slope ** 2) * fanIn)));
}

/** Normal with deviation sqrt(2 / ((1 + slope²) fan in)); otherwise as {@link kaimingUniform}. */
export function kaimingNormal(device: Device, shape: Shape, random: Random, slope = 0): Tensor {
  const { fanIn } = fansOf("kaimingNormal", shape);
  return normal(device, shape, random, Math.sqrt(2 / ((1 + slope ** 2) * fanIn)));
}

/** A tensor of as many draws as its shape holds; none for a tensor without memory, which may have billions. */
function drawn(device: Device, shape: Shape, draw: () => number): Tensor {
  if (makesNoMemory()) return zeros(device, shape);
  return tensor(device, Float32Array.from({ length: sizeOf(shape) }, draw), shape);
}

/** Inputs and outputs of a weight [outputs, inputs, ...taps]. */
function fansOf(name: string, shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(
      `[${name}] a weight has outputs and inputs: at least two axes, got ${showShape(shape)}`,
    );
  }
  const taps = sizeOf(shape.slice(2));
  return { fanIn: (shape[1] ?? 1) * taps, fanOut: (shape[0] ?? 1) * taps };
}
