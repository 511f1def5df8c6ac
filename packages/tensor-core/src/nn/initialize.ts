/** @file Initial values of parameters, by seed. */

import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { Random } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Normal values, cut off at two deviations, as ViT and BERT are initialised. */
export function truncatedNormal(device: Device, shape: Shape, random: Random, deviation = 0.02): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => {
    let z = random.normal();
    while (Math.abs(z) > 2) z = random.normal();
    return z * deviation;
  });
  return tensor(device, values, shape);
}

/** Uniform values in [-bound, bound). */
export function uniform(device: Device, shape: Shape, random: Random, bound: number): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-bound, bound));
  return tensor(device, values, shape);
}
