/** @file The two-layer perceptron of transformer blocks. */

import { type Device, Linear, Module, type Random, type Tensor } from "@candor/tensor-core";
import { activate, type MlpActivation } from "./activation.ts";

// D inputs, M hidden units, O outputs

export interface MlpOptions {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** Deviation of the initial output weight; default 1 / sqrt(M). */
  readonly outputDeviation?: number;
  /** Default `gelu`, its tanh form. */
  readonly activation?: MlpActivation | undefined;
}

/** W₂ f(W₁ x + b₁) + b₂. */
export class Mlp extends Module {
  readonly activation: MlpActivation;
  readonly input: Linear;
  readonly output: Linear;

  constructor(device: Device, options: MlpOptions, random: Random) {
    super();
    const { inputs, hidden, outputs, outputDeviation = 1 / Math.sqrt(hidden), activation = "gelu" } = options;
    this.activation = activation;
    this.input = new Linear(device, inputs, hidden, random.fork("input"));
    this.output = new Linear(device, hidden, outputs, random.fork("output"), { deviation: outputDeviation });
  }

  /**
   * @param x        [..., D] f32
   * @param residual [..., O] f32, added to the result
   * @returns [..., O] f32
   */
  forward(x: Tensor, residual?: Tensor): Tensor {
    const hidden =
      this.activation === "gelu"
        ? this.input.forward(x, { activation: "gelu" }) // [..., D] -> [..., M]
        : activate[this.activation](this.input.forward(x)); // [..., D] -> [..., M]
    return this.output.forward(hidden, { residual }); // [..., M] -> [..., O]
  }
}
