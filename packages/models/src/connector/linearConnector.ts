/** @file A projector of the patch tokens alone, for ablations. */

import { type Device, Module, type Random, type Tensor } from "@candor/tensor-core";
import { Mlp } from "../layers/mlp.ts";
import type { VisionFeatures } from "../vit/vit.ts";
import type { Connector, ConnectorSides } from "./connector.ts";
import type { LinearConnectorConfig } from "./connectorConfig.ts";

// B batch, N patches, D vision width, W width of the language model

/** A two-layer perceptron over each patch token. Liu et al. 2023, "Improved baselines with visual instruction tuning". */
export class LinearConnector extends Module implements Connector {
  readonly tokenCount: number;
  readonly mlp: Mlp;

  constructor(device: Device, config: LinearConnectorConfig, sides: ConnectorSides, random: Random) {
    super();
    const { visionWidth, lmWidth } = sides;
    this.tokenCount = sides.patches;
    this.mlp = new Mlp(
      device,
      { inputs: visionWidth, hidden: config.hidden, outputs: lmWidth },
      random.fork("mlp"),
    );
  }

  /** Returns [B, N, W] f32. */
  forward({ patchTokens }: VisionFeatures): Tensor {
    return this.mlp.forward(patchTokens); // [B, N, D] -> [B, N, W]
  }
}
