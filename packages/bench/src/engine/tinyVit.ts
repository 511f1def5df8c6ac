/** @file The tiny ViT by which training engines are compared: one fixed model, batch and loss sequence. */

import {
  add,
  attention,
  crossEntropy,
  type Device,
  full,
  gelu,
  layerNorm,
  matmul,
  mean,
  ones,
  reshape,
  sgdStep,
  slice,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@candor/tensor-core";

// B batch, T tokens, P patch width, D width, H heads, F MLP width, C classes
const [B, T, P, D, H, F, C, layers] = [8, 64, 48, 128, 4, 512, 10, 2];
const learningRate = 0.05;

/** Losses before each update, the same to four decimals in tfjs, jax-js and PyTorch. */
export const referenceLosses = [
  2.3066, 2.2577, 2.2107, 2.1648, 2.1191, 2.0731, 2.0263, 1.9781, 1.9278, 1.8749, 1.8186, 1.7584,
] as const;

/** Multiply-adds of forward and backward, counted as three times the forward matmuls' two operations each. */
export const flopPerStep = 1.328e9;

/** The model's parameters by name. */
export type TinyVitParameters = ReadonlyMap<string, Tensor>;

/** Numerical Recipes' linear congruential generator, uniform in [-scale, scale). */
function generator(seed: number): (count: number, scale: number) => Float32Array {
  let state = seed >>> 0;
  return (count, scale) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32 - 0.5) * 2 * scale;
    });
}

/** Makes the parameters from state 12345, in the order that all engines share. */
export function tinyVitParameters(device: Device): TinyVitParameters {
  const draw = generator(12345);
  const parameters = new Map<string, Tensor>();
  const weight = (name: string, shape: readonly number[], scale: number) =>
    parameters.set(
      name,
      tensor(
        device,
        draw(
          shape.reduce((a, b) => a * b, 1),
          scale,
        ),
        shape,
      ),
    );
  weight("we", [P, D], 1 / Math.sqrt(P));
  weight("pos", [T, D], 0.02);
  weight("wh", [D, C], 1 / Math.sqrt(D));
  parameters.set("bh", zeros(device, [C]));
  for (let layer = 0; layer < layers; layer++) {
    weight(`${layer}.wqkv`, [D, 3 * D], 1 / Math.sqrt(D));
    weight(`${layer}.wo`, [D, D], 1 / Math.sqrt(D));
    weight(`${layer}.w1`, [D, F], 1 / Math.sqrt(D));
    weight(`${layer}.w2`, [F, D], 1 / Math.sqrt(F));
    parameters.set(`${layer}.c1`, zeros(device, [F]));
    parameters.set(`${layer}.c2`, zeros(device, [D]));
    for (const norm of ["ln1", "ln2"]) {
      parameters.set(`${layer}.${norm}.weight`, ones(device, [D]));
      parameters.set(`${layer}.${norm}.bias`, zeros(device, [D]));
    }
  }
  return parameters;
}

/** The batch, from state 777, and its labels. */
export interface TinyVitBatch {
  readonly x: Tensor;
  readonly labels: Tensor;
  readonly weights: Tensor;
}

export function tinyVitBatch(device: Device): TinyVitBatch {
  return {
    x: tensor(device, generator(777)(B * T * P, 1), [B, T, P]),
    labels: tensor(
      device,
      Array.from({ length: B }, (_, i) => i % C),
      [B],
      "i32",
    ),
    weights: full(device, [B], 1 / B),
  };
}

/** The mean cross-entropy of the batch. */
export function tinyVitLoss(parameters: TinyVitParameters, { x, labels, weights }: TinyVitBatch): Tensor {
  const p = (name: string) => parameters.get(name) as Tensor;
  let z = add(matmul(x, p("we")), p("pos")); // [B, T, D]
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string) => p(`${layer}.${name}`);
    const qkv = matmul(layerNorm(z, at("ln1.weight"), at("ln1.bias")), at("wqkv")); // [B, T, 3 D]
    const third = (i: number) => reshape(slice(qkv, 2, i * D, (i + 1) * D), [B, T, H, D / H]); // [B, T, H, D / H]
    const mixed = attention(third(0), third(1), third(2), { mask: "none" }); // [B, T, H, D / H]
    z = add(z, matmul(reshape(mixed, [B, T, D]), at("wo"))); // [B, T, D]
    const hidden = gelu(matmul(layerNorm(z, at("ln2.weight"), at("ln2.bias")), at("w1"), { bias: at("c1") })); // [B, T, F]
    z = add(z, matmul(hidden, at("w2"), { bias: at("c2") })); // [B, T, D]
  }
  const logits = matmul(mean(z, 1), p("wh"), { bias: p("bh") }); // [B, C]
  return crossEntropy(logits, labels, weights);
}

/** One SGD step; the loss before it belongs to the current scope. */
export function tinyVitStep(parameters: TinyVitParameters, batch: TinyVitBatch): Tensor {
  const { value, grads } = valueAndGrad(() => tinyVitLoss(parameters, batch), parameters);
  sgdStep(parameters, grads, learningRate);
  return value;
}
