/** @file Contrastive losses over a batch of features: SimCLR's NT-Xent, the supervised one, and CLIP's over pairs. */

import {
  add,
  arange,
  concat,
  crossEntropy,
  eye,
  full,
  logSoftmax,
  matmul,
  mul,
  neg,
  normalize,
  scale,
  ShapeError,
  showShape,
  sum,
  tensor,
  type Tensor,
  transpose,
} from "@candor/tensor-core";

// B batch, D width of a feature

/** Takes a feature out of its own softmax. */
const never = -1e9;

/**
 * NT-Xent over two views of a batch: each feature must find its other view among all 2B - 1 others.
 *
 *     loss = mean_i -log( exp(z_i·z_p(i) / τ) / Σ_{a≠i} exp(z_i·z_a / τ) ),  z = x / |x|
 *
 * Chen et al. 2020, "A simple framework for contrastive learning of visual representations", arXiv:2002.05709, eq. 1.
 *
 * @param first       [B, D] f32, features of the first view
 * @param second      [B, D] f32, of the second view of the same images
 * @param temperature τ; FLIP-MCL uses 0.1
 * @returns           [] f32
 * @throws ShapeError if the shapes differ, RangeError if the temperature is not above 0
 */
export function simclrLoss(first: Tensor, second: Tensor, temperature = 0.1): Tensor {
  checkPair("simclrLoss", first, second);
  const [batch = 0] = first.shape;
  const logits = similarities("simclrLoss", concat([first, second], 0), temperature); // [2B, 2B]
  const { device } = first;
  const partners = Array.from({ length: 2 * batch }, (_, i) => (i + batch) % (2 * batch));
  return crossEntropy(
    logits,
    tensor(device, partners, [2 * batch], "i32"),
    full(device, [2 * batch], 1 / (2 * batch)),
  );
}

/**
 * The pairs of {@link supervisedContrastiveLoss}: for each feature an even share of its positives, which are the others of
 * its class; features without any are left out of the mean.
 *
 * @param classes the class of each feature, [N]
 * @returns       [N, N]
 */
export function positivePairs(classes: readonly (string | number)[]): Float32Array {
  const count = classes.length;
  const positives = classes.map((own, i) =>
    classes.flatMap((other, j) => (other === own && j !== i ? [j] : [])),
  );
  const anchors = positives.filter((others) => others.length > 0).length;
  const pairs = new Float32Array(count * count);
  positives.forEach((others, i) => {
    for (const j of others) pairs[i * count + j] = 1 / (others.length * anchors);
  });
  return pairs;
}

/**
 * Features of one class draw together:
 *
 *     loss = mean_i -1/|P(i)| Σ_{p∈P(i)} log( exp(z_i·z_p / τ) / Σ_{a≠i} exp(z_i·z_a / τ) ),  z = x / |x|
 *
 * Khosla et al. 2020, "Supervised contrastive learning", arXiv:2004.11362, eq. 2 (L_out).
 *
 * @param features    [N, D] f32
 * @param pairs       [N, N] f32 of {@link positivePairs}
 * @param temperature τ; the paper's is 0.1
 * @returns           [] f32
 * @throws ShapeError if pairs is not [N, N], RangeError if the temperature is not above 0
 */
export function supervisedContrastiveLoss(features: Tensor, pairs: Tensor, temperature = 0.1): Tensor {
  const logits = similarities("supervisedContrastiveLoss", features, temperature); // [N, N]
  if (showShape(pairs.shape) !== showShape(logits.shape)) {
    throw new ShapeError(
      `[supervisedContrastiveLoss] pairs must be ${showShape(logits.shape)}, got ${showShape(pairs.shape)}`,
    );
  }
  return neg(sum(mul(logSoftmax(logits), pairs)));
}

/**
 * CLIP's loss over pairs of images and texts: each must find its own among the batch, both ways.
 *
 * Radford et al. 2021, "Learning transferable visual models from natural language supervision", arXiv:2103.00020, fig. 3.
 *
 * @param images     [B, D] f32
 * @param texts      [B, D] f32
 * @param logitScale exp of CLIP's parameter: a number, or a tensor [] f32
 * @returns          [] f32
 * @throws ShapeError if the shapes differ
 */
export function clipLoss(images: Tensor, texts: Tensor, logitScale: number | Tensor): Tensor {
  checkPair("clipLoss", images, texts);
  const { device } = images;
  const [batch = 0] = images.shape;
  const cosines = matmul(normalize(images), normalize(texts), { transposeB: true }); // [B, B]
  const logits = typeof logitScale === "number" ? scale(cosines, logitScale) : mul(cosines, logitScale);
  const own = arange(device, 0, batch, 1, "i32");
  const weights = full(device, [batch], 0.5 / batch);
  return add(crossEntropy(logits, own, weights), crossEntropy(transpose(logits, [1, 0]), own, weights));
}

/** z zᵀ / τ, with the diagonal out of reach: [N, D] -> [N, N]. */
function similarities(loss: string, features: Tensor, temperature: number): Tensor {
  if (!(temperature > 0)) throw new RangeError(`[${loss}] temperature must be above 0, got ${temperature}`);
  if (features.rank !== 2)
    throw new ShapeError(`[${loss}] features must be [N, D], got ${showShape(features.shape)}`);
  const z = normalize(features);
  const [count = 0] = z.shape;
  const cosines = matmul(z, z, { transposeB: true, scale: 1 / temperature }); // [N, N]
  return add(cosines, scale(eye(features.device, count), never));
}

function checkPair(loss: string, first: Tensor, second: Tensor): void {
  if (first.rank !== 2 || showShape(first.shape) !== showShape(second.shape)) {
    throw new ShapeError(
      `[${loss}] both must be [B, D], got ${showShape(first.shape)} and ${showShape(second.shape)}`,
    );
  }
}
