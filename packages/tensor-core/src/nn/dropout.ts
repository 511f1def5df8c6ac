/** @file Dropout as a part of a model. */

import { dropout } from "../ops/random/random.ts";
import type { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** {@link dropout} while training; nothing otherwise. */
export class Dropout extends Module {
  readonly rate: number;
  readonly random: Random;
  /** Set by `setTraining`. */
  training = true;

  /** @throws RangeError if the rate is not 0 to below 1 */
  constructor(rate: number, random: Random) {
    super();
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`[Dropout] rate must be 0 to below 1, got ${rate}`);
    this.rate = rate;
    this.random = random;
  }

  /** [...] -> [...] */
  forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.rate, this.random) : x;
  }
}
