/** @file The tiny ViT by which training engines are compared: parameters, batch and losses, for any engine. */

import { lcg } from "./lcg.ts";

/** Shape of the tiny ViT: batch, tokens, patch width, width, heads, MLP width, classes, layers; and SGD's rate. */
export const vitShape = {
  B: 8,
  T: 64,
  P: 48,
  D: 128,
  H: 4,
  F: 512,
  C: 10,
  L: 2,
  learningRate: 0.05,
} as const;

/** Losses before each update, the same to four decimals in tfjs, jax-js and PyTorch. */
export const referenceLosses = [
  2.3066, 2.2577, 2.2107, 2.1648, 2.1191, 2.0731, 2.0263, 1.9781, 1.9278, 1.8749, 1.8186, 1.7584,
] as const;

/** Multiply-adds of forward and backward, counted as three times the forward matmuls' two operations each. */
export const flopPerStep = 1.328e9;

const size = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** A parameter of the tiny ViT as every engine starts from it. */
export interface HostParameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The tiny ViT's parameters by name, in the order in which all engines draw them. */
export function vitParameters(): Map<string, HostParameter> {
  const { P, T, D, F, C, L } = vitShape;
  const draw = lcg(12345);
  const parameters = new Map<string, HostParameter>();
  const weight = (name: string, shape: readonly number[], scale: number) =>
    parameters.set(name, { shape, data: draw(size(shape), scale) });
  const constant = (name: string, shape: readonly number[], value: number) =>
    parameters.set(name, { shape, data: new Float32Array(size(shape)).fill(value) });
  weight("we", [P, D], 1 / Math.sqrt(P));
  weight("pos", [T, D], 0.02);
  weight("wh", [D, C], 1 / Math.sqrt(D));
  constant("bh", [C], 0);
  for (let layer = 0; layer < L; layer++) {
    weight(`${layer}.wqkv`, [D, 3 * D], 1 / Math.sqrt(D));
    weight(`${layer}.wo`, [D, D], 1 / Math.sqrt(D));
    weight(`${layer}.w1`, [D, F], 1 / Math.sqrt(D));
    weight(`${layer}.w2`, [F, D], 1 / Math.sqrt(F));
    constant(`${layer}.c1`, [F], 0);
    constant(`${layer}.c2`, [D], 0);
    for (const norm of ["ln1", "ln2"]) {
      constant(`${layer}.${norm}.weight`, [D], 1);
      constant(`${layer}.${norm}.bias`, [D], 0);
    }
  }
  return parameters;
}

/** x [B, T, P] and the labels as one-hot rows [B, C]. */
export function vitBatch(): { x: Float32Array; labels: number[]; oneHot: Float32Array } {
  const { B, T, P, C } = vitShape;
  const labels = Array.from({ length: B }, (_, i) => i % C);
  const oneHot = new Float32Array(B * C);
  labels.forEach((label, i) => (oneHot[i * C + label] = 1));
  return { x: lcg(777)(B * T * P, 1), labels, oneHot };
}
