/** @file Adam with L2 regularisation, as PyTorch has it. Kingma and Ba 2014, arXiv:1412.6980. */

import type { Tensor } from "../tensor/tensor.ts";
import { AdamW, type AdamWOptions } from "./adamW.ts";
import { given } from "./optimizerOptions.ts";

/**
 * The optimiser Adam, algorithm 1 of the paper, for parameters p and gradients g that are g + weightDecay · p where there
 * is decay; all else is as in {@link AdamW}, the form of its state and the count of steps too.
 */
export class Adam extends AdamW {
  /**
   * @param params  f32 tensors by name; they must outlive the optimiser
   * @param options as AdamW's; here weightDecay is 0 by default, and all parameters decay where it is not
   * @throws ShapeError if there is no parameter, two names stand for one tensor, or parameters live on two devices
   * @throws RangeError if a number of the options is none that an optimiser can use
   */
  constructor(params: ReadonlyMap<string, Tensor>, options: Omit<AdamWOptions, "decay">) {
    super(params, { weightDecay: 0, decays: () => true, ...given(options), decay: "coupled" });
  }
}
