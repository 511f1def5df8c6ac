/** @file One pre-norm block of the vision transformer. */

import { type Device, LayerNorm, Module, type Random, type Tensor } from "@candor/tensor-core";
import { Mlp } from "../layers/mlp.ts";
import { MultiHeadAttention } from "../layers/multiHeadAttention.ts";
import type { VitConfig } from "./vitConfig.ts";

/** x' = x + MSA(LN(x)); y = x' + MLP(LN(x')). Dosovitskiy et al. 2021, arXiv:2010.11929, equations 2 and 3. */
export class VitBlock extends Module {
  readonly attentionNorm: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly mlpNorm: LayerNorm;
  readonly mlp: Mlp;

  constructor(device: Device, config: VitConfig, random: Random) {
    super();
    const { width, heads, mlpRatio, layers } = config;
    const hidden = width * mlpRatio;
    // Each block adds two terms to the stream; this keeps the sum of all near the scale of one.
    const shrink = 1 / Math.sqrt(2 * layers);
    const outputDeviation = shrink / Math.sqrt(width);
    this.attentionNorm = new LayerNorm(device, width);
    this.attention = new MultiHeadAttention(
      device,
      { width, heads, outputDeviation },
      random.fork("attention"),
    );
    this.mlpNorm = new LayerNorm(device, width);
    const mlp = { inputs: width, hidden, outputs: width, outputDeviation: shrink / Math.sqrt(hidden) };
    this.mlp = new Mlp(device, mlp, random.fork("mlp"));
  }

  /**
   * @param x [B, 1 + N, D] f32
   * @returns [B, 1 + N, D] f32
   */
  forward(x: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const attended = this.attention.forward(normed, normed, x);
    return this.mlp.forward(this.mlpNorm.forward(attended), attended);
  }
}
