/** @file FLIP-MCL's consistency between two views and two sets of prompts, and the draw of these sets. */

import { cosineSimilarity, mseLoss, type Random, type Tensor } from "@candor/tensor-core";

/**
 * The mean of (cos(image_1, text_1) - cos(image_2, text_2))²: both views say the same of the class, whatever words are
 * used. Srivatsan et al. 2023, "FLIP: cross-domain face anti-spoofing with language guidance", arXiv:2309.16649, eq. 4.
 *
 * @param firstImages  [B, D] f32, features of the first view
 * @param firstTexts   [B, D] f32, mean of some prompts of each image's class
 * @param secondImages [B, D] f32, features of the second view
 * @param secondTexts  [B, D] f32, mean of the other prompts
 * @returns            [] f32
 * @throws ShapeError if the shapes differ
 */
export function flipConsistencyLoss(
  firstImages: Tensor,
  firstTexts: Tensor,
  secondImages: Tensor,
  secondTexts: Tensor,
): Tensor {
  return mseLoss(cosineSimilarity(firstImages, firstTexts), cosineSimilarity(secondImages, secondTexts));
}

/** Indices of the prompts of either view. */
export interface PromptSplit {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/**
 * Splits a class's prompts in two at random.
 *
 * The published code draws with replacement, so that its first set may name a prompt twice and its second one holds
 * three to five of six; `asPublished` repeats that, for comparison with published figures.
 *
 * @param random      moves on
 * @param count       prompts of the class, 6 in FLIP
 * @param take        prompts of the first set, 3 in FLIP
 * @param asPublished draw with replacement
 * @throws RangeError if take is not from 1 to count - 1
 */
export function splitPrompts(
  random: Random,
  count: number,
  take: number,
  { asPublished = false }: { readonly asPublished?: boolean } = {},
): PromptSplit {
  if (!Number.isInteger(take) || take < 1 || take >= count) {
    throw new RangeError(`[splitPrompts] take must be from 1 to ${count - 1}, got ${take}`);
  }
  const left = Array.from({ length: count }, (_, i) => i);
  const first = Array.from({ length: take }, () => {
    if (asPublished) return Math.floor(random.uniform(0, count));
    return left.splice(Math.floor(random.uniform(0, left.length)), 1)[0] as number;
  });
  const taken = new Set(first);
  return {
    first,
    second: Array.from({ length: count }, (_, i) => i).filter((prompt) => !taken.has(prompt)),
  };
}
