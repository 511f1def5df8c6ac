/** @file Training that computes blocks twice rather than keep what is in them. */

import type { Module } from "@candor/tensor-core";
import { TransformerBlock } from "../layers/transformerBlock.ts";
import { setRecomputed } from "../layers/runBlock.ts";
import { DecoderLayer } from "../lm/decoderLayer.ts";

/**
 * Keeps of each block of the encoders and of the language model its input alone while a step of training runs; the
 * backward pass runs the block again, with the same bits. Chen et al. 2016, "Training deep nets with sublinear memory cost",
 * arXiv:1604.06174. Blocks that no gradient goes through keep nothing anyhow and are run once; a connector keeps all.
 *
 * @returns how many blocks there are
 */
export function recomputeBlocks(model: Module, recomputes = true): number {
  const blocks = model
    .modules()
    .filter((part) => part instanceof TransformerBlock || part instanceof DecoderLayer);
  for (const block of blocks) setRecomputed(block, recomputes);
  return blocks.length;
}
