/** @file The tiny ViT by which training engines are compared: the model on our engine. */

import {
  add,
  attention,
  crossEntropy,
  type Device,
  full,
  layerNorm,
  matmul,
  type MatmulOptions,
  mean,
  reshape,
  sgdStep,
  split,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@candor/tensor-core";
import { vitBatch, vitParameters, vitShape } from "./tinyVitInputs.ts";

const { B, T, P, D, H, L, learningRate } = vitShape;

/** The model's parameters by name. */
export type TinyVitParameters = ReadonlyMap<string, Tensor>;

/**
 * The parameters that all engines start from, on a device. Weights are stored [out, in], as `Linear` has them: the
 * gradient of a bias then comes with that of the weight.
 */
export function tinyVitParameters(device: Device): TinyVitParameters {
  const parameters = new Map<string, Tensor>();
  for (const [name, { shape, data }] of vitParameters()) {
    const [rows, columns] = shape;
    const isWeight = columns !== undefined && name !== "pos";
    parameters.set(
      name,
      isWeight
        ? tensor(device, transposed(data, rows as number, columns), [columns, rows as number])
        : tensor(device, data, shape),
    );
  }
  return parameters;
}

/** [columns, rows] of [rows, columns]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number);
}

/** x wᵀ, with what else `matmul` does. */
function linear(x: Tensor, weight: Tensor, options: MatmulOptions = {}): Tensor {
  return matmul(x, weight, { ...options, transposeB: true });
}

/** The batch, from state 777, and its labels. */
export interface TinyVitBatch {
  readonly x: Tensor;
  readonly labels: Tensor;
  readonly weights: Tensor;
}

export function tinyVitBatch(device: Device): TinyVitBatch {
  const { x, labels } = vitBatch();
  return {
    x: tensor(device, x, [B, T, P]),
    labels: tensor(device, labels, [B], "i32"),
    weights: full(device, [B], 1 / B),
  };
}

/** The mean cross-entropy of the batch. */
export function tinyVitLoss(parameters: TinyVitParameters, { x, labels, weights }: TinyVitBatch): Tensor {
  const p = (name: string) => parameters.get(name) as Tensor;
  let z = add(linear(x, p("we")), p("pos")); // [B, T, D]
  for (let layer = 0; layer < L; layer++) {
    const at = (name: string) => p(`${layer}.${name}`);
    const qkv = linear(layerNorm(z, at("ln1.weight"), at("ln1.bias")), at("wqkv")); // [B, T, 3 D]
    const [q, k, v] = split(qkv, 2, 3).map((third) => reshape(third, [B, T, H, D / H])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const mixed = attention(q, k, v, { mask: "none" }); // [B, T, H, D / H]
    z = linear(reshape(mixed, [B, T, D]), at("wo"), { residual: z }); // [B, T, D]
    const norm = layerNorm(z, at("ln2.weight"), at("ln2.bias"));
    const hidden = linear(norm, at("w1"), { bias: at("c1"), activation: "gelu" }); // [B, T, F]
    z = linear(hidden, at("w2"), { bias: at("c2"), residual: z }); // [B, T, D]
  }
  const logits = linear(mean(z, 1), p("wh"), { bias: p("bh") }); // [B, C]
  return crossEntropy(logits, labels, weights);
}

/** One SGD step; the loss before it belongs to the current scope. */
export function tinyVitStep(parameters: TinyVitParameters, batch: TinyVitBatch): Tensor {
  const { value, grads } = valueAndGrad(() => tinyVitLoss(parameters, batch), parameters);
  sgdStep(parameters, grads, learningRate);
  return value;
}
