/** @file VLFFD's pair of a coarse and a fine task: real or fake, and which sentence belongs to which image. */

import { add, scale, type Tensor } from "@candor/tensor-core";
import { clipLoss } from "./contrastive.ts";
import { judgmentCrossEntropy } from "./judgmentCrossEntropy.ts";

/** What {@link coarseToFineLoss} compares. */
export interface CoarseToFineInputs {
  /** [B, 2] f32 of live and spoof. */
  readonly judgmentLogits: Tensor;
  /** [B] i32, 0 for live and 1 for spoof. */
  readonly labels: Tensor;
  /** [B] f32, 1 / B each. */
  readonly weights: Tensor;
  /** [B, D] f32 */
  readonly images: Tensor;
  /** [B, D] f32, of the sentence of each image. */
  readonly texts: Tensor;
  /** exp of CLIP's parameter: a number, or [] f32. */
  readonly logitScale: number | Tensor;
}

/**
 * Coarse cross-entropy + `fine` times CLIP's image-text loss.
 *
 * Sun et al. 2023, "Towards general visual-linguistic face forgery detection", arXiv:2307.16545. The weight of the two is
 * not published in what could be read: 1 is our choice.
 *
 * @param inputs judgments and features of a batch
 * @param fine   weight of the fine task
 * @returns      [] f32
 * @throws ShapeError if the shapes do not agree
 */
export function coarseToFineLoss(inputs: CoarseToFineInputs, fine = 1): Tensor {
  const { judgmentLogits, labels, weights, images, texts, logitScale } = inputs;
  const coarse = judgmentCrossEntropy(judgmentLogits, labels, weights);
  return add(coarse, scale(clipLoss(images, texts, logitScale), fine));
}
