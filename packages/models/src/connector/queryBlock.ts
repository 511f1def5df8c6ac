/** @file One layer in which queries look at each other and at the patches of an image. */

import { type Device, LayerNorm, mean, Module, type Random, type Tensor } from "@candor/tensor-core";
import { Mlp } from "../layers/mlp.ts";
import { MultiHeadAttention } from "../layers/multiHeadAttention.ts";
import { attentionCount, layerNormCount, mlpCount } from "../layers/parameterCounts.ts";

// B batch, K queries, C connector width, N patches, D vision width

export interface QueryBlockConfig {
  /** C */
  readonly width: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly depth: number;
}

/** Q' = Q + MSA(LN(Q)); Q'' = Q' + MCA(LN(Q'), LN(X_V)); X_T = Q'' + MLP(LN(Q'')). I-FAS, arXiv:2501.01720, section on GAC. */
export class QueryBlock extends Module {
  readonly selfNorm: LayerNorm;
  readonly selfAttention: MultiHeadAttention;
  readonly crossNorm: LayerNorm;
  readonly patchNorm: LayerNorm;
  readonly crossAttention: MultiHeadAttention;
  readonly mlpNorm: LayerNorm;
  readonly mlp: Mlp;

  constructor(device: Device, config: QueryBlockConfig, visionWidth: number, random: Random) {
    super();
    const { width, heads, mlpRatio, depth } = config;
    const hidden = width * mlpRatio;
    // Each block adds three terms to the stream.
    const shrink = 1 / Math.sqrt(3 * depth);
    const attention = { width, heads, outputDeviation: shrink / Math.sqrt(width) };
    const mlp = { inputs: width, hidden, outputs: width, outputDeviation: shrink / Math.sqrt(hidden) };
    this.selfNorm = new LayerNorm(device, width);
    this.selfAttention = new MultiHeadAttention(device, attention, random.fork("selfAttention"));
    this.crossNorm = new LayerNorm(device, width);
    this.patchNorm = new LayerNorm(device, visionWidth);
    this.crossAttention = new MultiHeadAttention(
      device,
      { ...attention, contextWidth: visionWidth },
      random.fork("crossAttention"),
    );
    this.mlpNorm = new LayerNorm(device, width);
    this.mlp = new Mlp(device, mlp, random.fork("mlp"));
  }

  /**
   * @param queries     Q [B, K, C] f32
   * @param patchTokens X_V [B, N, D] f32
   * @returns X_T [B, K, C] f32
   */
  forward(queries: Tensor, patchTokens: Tensor): Tensor {
    const normed = this.selfNorm.forward(queries);
    const mixed = this.selfAttention.forward(normed, normed, queries);
    const patches = this.patchNorm.forward(patchTokens);
    const seen = this.crossAttention.forward(this.crossNorm.forward(mixed), patches, mixed);
    return this.mlp.forward(this.mlpNorm.forward(seen), seen);
  }

  /**
   * Where the queries look among the patches, the mean over the heads of the cross attention.
   *
   * @param queries     Q [B, K, C] f32
   * @param patchTokens X_V [B, N, D] f32
   * @returns [B, K, N] f32, rows that sum to 1
   */
  patchAttention(queries: Tensor, patchTokens: Tensor): Tensor {
    const normed = this.selfNorm.forward(queries);
    const mixed = this.selfAttention.forward(normed, normed, queries);
    return this.crossAttention.weights(this.crossNorm.forward(mixed), this.patchNorm.forward(patchTokens));
  }
}

/** Where the queries of the last block look, the mean over them: Q [B, K, C], X_V [B, N, D] -> [B, N]. */
export function attentionOfLast(blocks: readonly QueryBlock[], queries: Tensor, patchTokens: Tensor): Tensor {
  let q = queries;
  for (const block of blocks.slice(0, -1)) q = block.forward(q, patchTokens); // [B, K, C]
  return mean((blocks.at(-1) as QueryBlock).patchAttention(q, patchTokens), 1); // [B, K, N] -> [B, N]
}

/** Number of parameters of a {@link QueryBlock}, by formula. */
export function queryBlockParameterCount(config: QueryBlockConfig, visionWidth: number): number {
  const { width, mlpRatio } = config;
  return (
    3 * layerNormCount(width) +
    layerNormCount(visionWidth) +
    attentionCount(width) +
    attentionCount(width, visionWidth) +
    mlpCount(width, width * mlpRatio, width)
  );
}
