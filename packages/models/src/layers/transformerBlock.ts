/** @file The pre-norm block of vision transformers and of CLIP's text encoder. */

import { type Device, LayerNorm, Module, type Random, type Tensor } from "@candor/tensor-core";
import type { MlpActivation } from "./activation.ts";
import { Mlp } from "./mlp.ts";
import { MultiHeadAttention } from "./multiHeadAttention.ts";

// B batch, T tokens, D width

export interface TransformerBlockOptions {
  /** D */
  readonly width: number;
  readonly heads: number;
  /** Hidden units of the MLP, as a multiple of D. */
  readonly mlpRatio: number;
  /** Blocks of the whole stack, which the initial deviations depend on. */
  readonly layers: number;
  /** Default `gelu`, its tanh form. */
  readonly activation?: MlpActivation | undefined;
  /** Added to the variances of the norms; default 1e-5. */
  readonly normEps?: number | undefined;
  /** Tokens see themselves and those before them alone; default false. */
  readonly causal?: boolean | undefined;
}

/** x' = x + MSA(LN(x)); y = x' + MLP(LN(x')). Dosovitskiy et al. 2021, arXiv:2010.11929, equations 2 and 3. */
export class TransformerBlock extends Module {
  readonly attentionNorm: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly mlpNorm: LayerNorm;
  readonly mlp: Mlp;

  constructor(device: Device, options: TransformerBlockOptions, random: Random) {
    super();
    const { width, heads, mlpRatio, layers, activation, normEps: eps = 1e-5, causal } = options;
    const hidden = width * mlpRatio;
    // Each block adds two terms to the stream; this keeps the sum of all near the scale of one.
    const shrink = 1 / Math.sqrt(2 * layers);
    const outputDeviation = shrink / Math.sqrt(width);
    this.attentionNorm = new LayerNorm(device, width, { eps });
    this.attention = new MultiHeadAttention(
      device,
      { width, heads, outputDeviation, causal },
      random.fork("attention"),
    );
    this.mlpNorm = new LayerNorm(device, width, { eps });
    const mlp = {
      inputs: width,
      hidden,
      outputs: width,
      outputDeviation: shrink / Math.sqrt(hidden),
      activation,
    };
    this.mlp = new Mlp(device, mlp, random.fork("mlp"));
  }

  /**
   * @param x [B, T, D] f32
   * @returns [B, T, D] f32
   */
  forward(x: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const attended = this.attention.forward(normed, normed, x);
    return this.mlp.forward(this.mlpNorm.forward(attended), attended);
  }
}
