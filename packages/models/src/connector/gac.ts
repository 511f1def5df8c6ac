/** @file The globally aware connector of I-FAS: learned queries joined by the CLS token of every vision layer. */

import {
  broadcastTo,
  concat,
  type Device,
  Linear,
  Module,
  type Random,
  reshape,
  type Tensor,
  truncatedNormal,
} from "@candor/tensor-core";
import type { VisionFeatures } from "../vit/vit.ts";
import type { Connector, ConnectorSides } from "./connector.ts";
import { type GacConfig, ofClassLayers } from "./connectorConfig.ts";
import { attentionOfLast, QueryBlock } from "./queryBlock.ts";

// B batch, L vision layers whose CLS tokens are taken, D vision width, P learned queries, C connector width, W width of the language model

/**
 * Q_V = Linear(G_V) and Q = Concat(Q_P, Q_V), then {@link QueryBlock}s over the patches, then a map to the language
 * model. I-FAS, arXiv:2501.01720. Depth, |Q_P|, C and the last map are our choices: the paper does not give them.
 */
export class Gac extends Module implements Connector {
  readonly tokenCount: number;
  /** Q_P [P, C] */
  readonly queries: Tensor;
  readonly classProjection: Linear;
  readonly blocks: readonly QueryBlock[];
  readonly output: Linear;
  readonly #config: GacConfig;

  constructor(device: Device, config: GacConfig, sides: ConnectorSides, random: Random) {
    super();
    const { width, queries, depth } = config;
    this.#config = config;
    const layers = Array.from({ length: sides.visionLayers }, (_, i) => i);
    this.tokenCount = queries + ofClassLayers(config, layers).length;
    this.queries = truncatedNormal(device, [queries, width], random.fork("queries"));
    this.classProjection = new Linear(device, sides.visionWidth, width, random.fork("classProjection"));
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new QueryBlock(device, config, sides.visionWidth, random.fork(`block${i}`)),
    );
    this.output = new Linear(device, width, sides.lmWidth, random.fork("output"));
  }

  /** Returns [B, P + L, W] f32. */
  forward(features: VisionFeatures): Tensor {
    let q = this.#queriesOf(features);
    for (const block of this.blocks) q = block.forward(q, features.patchTokens); // [B, P + L, C]
    return this.output.forward(q); // [B, P + L, W]
  }

  patchAttention(features: VisionFeatures): Tensor {
    return attentionOfLast(this.blocks, this.#queriesOf(features), features.patchTokens);
  }

  /** Q [B, P + L, C] */
  #queriesOf({ classTokens, patchTokens }: VisionFeatures): Tensor {
    const rows = ofClassLayers(this.#config, classTokens).map((token) =>
      reshape(token, [token.shape[0] ?? 0, 1, -1]),
    ); // [B, D] -> [B, 1, D]
    const fromClass = this.classProjection.forward(concat(rows, 1)); // Q_V: [B, L, D] -> [B, L, C]
    const [batch = 0] = patchTokens.shape;
    const learned = broadcastTo(this.queries, [batch, ...this.queries.shape]); // Q_P: [P, C] -> [B, P, C]
    return concat([learned, fromClass], 1); // [B, P + L, C]
  }
}
