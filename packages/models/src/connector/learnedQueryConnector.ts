/** @file The globally aware connector without its CLS path, for ablations. */

import {
  broadcastTo,
  type Device,
  Linear,
  Module,
  type Random,
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import type { VisionFeatures } from "../vit/vit.ts";
import type { Connector, ConnectorSides } from "./connector.ts";
import type { QueryConnectorConfig } from "./connectorConfig.ts";
import { attentionOfLast, QueryBlock } from "./queryBlock.ts";

// B batch, P learned queries, C connector width, W width of the language model

/** Learned queries over the patches: {@link Gac} with Q = Q_P. */
export class LearnedQueryConnector extends Module implements Connector {
  readonly tokenCount: number;
  /** Q_P [P, C] */
  readonly queries: Tensor;
  readonly blocks: readonly QueryBlock[];
  readonly output: Linear;

  constructor(device: Device, config: QueryConnectorConfig, sides: ConnectorSides, random: Random) {
    super();
    const { width, queries, depth } = config;
    this.tokenCount = queries;
    this.queries = truncatedNormal(device, [queries, width], random.fork("queries"));
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new QueryBlock(device, config, sides.visionWidth, random.fork(`block${i}`)),
    );
    this.output = new Linear(device, width, sides.lmWidth, random.fork("output"));
  }

  /** Returns [B, P, W] f32. */
  forward({ patchTokens }: VisionFeatures): Tensor {
    let q = this.#queriesOf(patchTokens);
    for (const block of this.blocks) q = block.forward(q, patchTokens); // [B, P, C]
    return this.output.forward(q); // [B, P, W]
  }

  patchAttention({ patchTokens }: VisionFeatures): Tensor {
    return attentionOfLast(this.blocks, this.#queriesOf(patchTokens), patchTokens);
  }

  #queriesOf(patchTokens: Tensor): Tensor {
    return broadcastTo(this.queries, [patchTokens.shape[0] ?? 0, ...this.queries.shape]); // [P, C] -> [B, P, C]
  }
}
