/**
 * @file FSC-CLIP's losses against captions that are wrong in a word: local similarity of tokens and patches, and the
 * selective calibrated regularisation. Oh et al. 2024, "Preserving multi-modal capabilities of pre-trained VLMs for
 * improving vision-linguistic compositionality", arXiv:2410.05210.
 */

import {
  add,
  addScalar,
  clamp,
  div,
  exp,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  min,
  mul,
  neg,
  noGrad,
  normalize,
  pow,
  reshape,
  scale,
  ShapeError,
  showShape,
  sub,
  sum,
  tensor,
  type Tensor,
} from "@candor/tensor-core";

// B images, K negatives, C = K + 1 captions of an image with the true one first, T tokens, N patches, D width

/** Takes a token or a caption out of a softmax. */
const never = -1e9;

/**
 * How much each patch counts for each token: cosines over the patches, stretched to 0 .. 1, made to sum to one. No
 * gradient goes through them.
 *
 * @param tokens  [B, C·T, D] f32, of unit length
 * @param patches [B, N, D] f32, of unit length
 * @returns       [B, C·T, N] f32
 */
export function localWeights(tokens: Tensor, patches: Tensor): Tensor {
  return noGrad(() => {
    const cosines = matmul(tokens, patches, { transposeB: true }); // [B, CT, N]
    const low = min(cosines, 2, { keepAxis: true });
    const range = sub(max(cosines, 2, { keepAxis: true }), low);
    // A token that all patches match alike spreads over them evenly.
    const stretched = addScalar(div(sub(cosines, low), addScalar(range, 1e-6)), 1e-6);
    return div(stretched, sum(stretched, 2, { keepAxis: true }));
  });
}

/**
 * The similarity of an image and each of its captions by their parts:
 *
 *     S = log Σ_i exp(τ · v_i·t_i),  v_i = the weighted mean of the patches for token i, of unit length
 *
 * @param tokens  [B, C, T, D] f32, token features of the captions
 * @param patches [B, N, D] f32, patch features in the same space
 * @param valid   [B, C, T] f32, 1 for tokens that count and 0 for padding
 * @param tau     CLIP's logit scale
 * @returns       [B, C] f32
 * @throws ShapeError if the shapes do not agree
 */
export function localSimilarity(tokens: Tensor, patches: Tensor, valid: Tensor, tau: number): Tensor {
  const [batch = 0, captions = 0, length = 0, width = 0] = tokens.shape;
  const agree =
    tokens.rank === 4 && patches.rank === 3 && patches.shape[0] === batch && patches.shape[2] === width;
  if (!agree || showShape(valid.shape) !== showShape([batch, captions, length])) {
    throw new ShapeError(
      `[localSimilarity] tokens, patches and valid must be [B, C, T, D], [B, N, D] and [B, C, T], got ` +
        `${[tokens, patches, valid].map(({ shape }) => showShape(shape)).join(", ")}`,
    );
  }
  const t = normalize(reshape(tokens, [batch, captions * length, width])); // [B, CT, D]
  const p = normalize(patches); // [B, N, D]
  const v = normalize(matmul(localWeights(t, p), p)); // [B, CT, N] x [B, N, D] -> [B, CT, D]
  const scores = reshape(scale(sum(mul(v, t), 2), tau), [batch, captions, length]); // [B, C, T]
  const masked = add(scores, missing(valid));
  return logSumExp(masked, 2); // [B, C]
}

/** Options of {@link selectiveCalibratedLoss}. */
export interface SelectiveCalibratedOptions {
  /** Exponent that takes weight from captions that are told apart already; the paper's is 2. */
  readonly gamma?: number;
  /** Share of the label that all captions get; the paper's is 0.02. */
  readonly epsilon?: number;
}

/**
 * The (K + 1)-way loss over an image's captions with focal weights and smooth labels, over valid captions only:
 *
 *     loss = mean_b -Σ_k ỹ_k (1 - p_k)^γ log p_k,  ỹ_0 = 1 - ε + ε / (K + 1),  ỹ_k = ε / (K + 1)
 *
 * With γ = 0 and ε = 0 it is the cross-entropy, the plain local hard-negative loss.
 *
 * @param logits  [B, C] f32, the true caption first
 * @param valid   [B, C] f32, 1 for captions that there are
 * @param options γ and ε
 * @returns       [] f32
 * @throws ShapeError if the shapes differ, RangeError if ε is outside [0, 1] or γ is negative
 */
export function selectiveCalibratedLoss(
  logits: Tensor,
  valid: Tensor,
  options: SelectiveCalibratedOptions = {},
): Tensor {
  const { gamma = 2, epsilon = 0.02 } = options;
  if (logits.rank !== 2 || showShape(valid.shape) !== showShape(logits.shape)) {
    throw new ShapeError(
      `[selectiveCalibratedLoss] both must be [B, C], got ${showShape(logits.shape)} and ${showShape(valid.shape)}`,
    );
  }
  if (!(epsilon >= 0 && epsilon <= 1 && gamma >= 0)) {
    throw new RangeError(
      `[selectiveCalibratedLoss] epsilon must be in [0, 1] and gamma from 0, got ${epsilon} and ${gamma}`,
    );
  }
  const logProbabilities = logSoftmax(add(logits, missing(valid))); // [B, C]
  const focal = pow(clamp(addScalar(neg(exp(logProbabilities)), 1), 0, 1), gamma); // [B, C]
  const [batch = 0, captions = 0] = logits.shape;
  const first = Array.from({ length: captions }, (_, k) => (k === 0 ? 1 : 0));
  const isTrue = tensor(logits.device, first, [1, captions]);
  const labels = mul(addScalar(scale(isTrue, 1 - epsilon), epsilon / captions), valid); // [B, C]
  return scale(sum(mul(labels, mul(focal, logProbabilities))), -1 / batch);
}

/** 0 where there is something, far below every logit where there is nothing. */
function missing(valid: Tensor): Tensor {
  return scale(addScalar(neg(valid), 1), never);
}
