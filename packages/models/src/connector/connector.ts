/** @file What every connector between the vision transformer and the language model does. */

import type { Module, Tensor } from "@candor/tensor-core";
import type { VisionFeatures } from "../vit/vit.ts";

/** Turns what the vision transformer says into tokens of the language model. */
export interface Connector extends Module {
  /** Number of tokens that an image becomes. */
  readonly tokenCount: number;

  /** Returns [B, tokenCount, W] f32, with W the width of the language model. */
  forward(features: VisionFeatures): Tensor;

  /**
   * Where the queries of the last block look among the patches, the mean over queries and heads: [B, N] f32, rows that
   * sum to 1. Absent where no query chooses among patches.
   */
  patchAttention?(features: VisionFeatures): Tensor;
}

/** Widths and counts on both sides of a connector. */
export interface ConnectorSides {
  /** D, the width of the vision transformer. */
  readonly visionWidth: number;
  /** L, its number of layers. */
  readonly visionLayers: number;
  /** N, its number of patches. */
  readonly patches: number;
  /** W, the width of the language model. */
  readonly lmWidth: number;
}
