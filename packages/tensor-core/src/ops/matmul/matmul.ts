/** @file Matrix product with batch, transposed operands, scale and bias. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import type { Device } from "../../tensor/device.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../layout/reshape.ts";
import { sumTo } from "../reduce/sum.ts";
import { columnsPerLane, matmulKernel, type MatmulVariant, rowsPerGroup } from "./matmul.wgsl.ts";

export interface MatmulOptions {
  /** a is stored [..., K, M]. */
  readonly transposeA?: boolean;
  /** b is stored [..., N, K]. */
  readonly transposeB?: boolean;
  /** [N], added to every row. */
  readonly bias?: Tensor | undefined;
  /** Multiplies the product before the bias is added; default 1. */
  readonly scale?: number;
}

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

interface Dimensions {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** A 2-d operand serves every batch. */
  readonly sharedB: boolean;
  readonly sharedA: boolean;
}

const matmulOp = defineOp<
  { a: Tensor; b: Tensor; bias?: Tensor | undefined },
  never,
  Attributes,
  "a" | "b" | "bias"
>({
  name: "matmul",
  shape: ({ a, b, bias }, attributes) => {
    const { batch, rows, columns } = dimensions(a, b, attributes);
    if (bias && (bias.rank !== 1 || bias.shape[0] !== columns)) {
      throw new ShapeError(`[matmul] bias must be [${columns}], got ${showShape(bias.shape)}`);
    }
    return { y: { shape: [...batch, rows, columns], dtype: "f32" } };
  },
  forward: product,
  save: ["a", "b", "bias"],
  gradient: ({ a, b, bias }, dy, { transposeA, transposeB, scale }, needs) => {
    if (needs.has("b") && needs.has("bias") && transposeB && !transposeA && a.rank === 2 && a.size > 0) {
      const [outputs = 0, inputs = 0] = b.shape;
      const db = Tensor.allocate(a.device, [outputs, inputs], "f32", "[matmul] db");
      const dbias = Tensor.allocate(a.device, [outputs], "f32", "[matmul] dbias");
      product({ a: dy, b: a, y: db, sums: dbias }, { transposeA: true, transposeB: false, scale });
      return { a: needs.has("a") ? matmul(dy, b, { scale }) : undefined, b: db, bias: dbias };
    }
    // y = s A B:  dA = s dy B^T,  dB = s A^T dy, each stored as the operand is.
    const da = () =>
      transposeA
        ? matmul(b, dy, { transposeA: transposeB, transposeB: true, scale })
        : matmul(dy, b, { transposeB: !transposeB, scale });
    const db = () =>
      transposeB
        ? matmul(dy, a, { transposeA: true, transposeB: transposeA, scale })
        : matmul(a, dy, { transposeA: !transposeA, scale });
    return {
      a: needs.has("a") ? sumTo(da(), a.shape) : undefined,
      b: needs.has("b") ? sumTo(db(), b.shape) : undefined,
      bias: needs.has("bias") && bias ? sumTo(dy, bias.shape) : undefined,
    };
  },
});

/**
 * Matrix product over the last two axes: y = scale · a b + bias.
 *
 * @param a [..., M, K] f32, or [..., K, M] with transposeA
 * @param b [..., K, N] f32, or [..., N, K] with transposeB; batch axes as those of a, or none on either side
 * @returns [..., M, N] f32
 * @throws ShapeError if K or the batch axes differ, or the bias is not [N]
 *
 * Numerics: one running sum over K in f32, in order. Gradients: a, b, bias; where b is [N, K], as in a linear layer,
 * the bias' gradient comes with that of b, as four running sums.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias, scale = 1 } = options;
  // Rows of all batches are rows of one product where b is shared.
  if (!transposeA && a.rank > 2 && b.rank === 2) {
    const flat = matmulOp(
      { a: reshape(a, [-1, a.shape.at(-1) ?? 0]), b, bias },
      { transposeA, transposeB, scale },
    );
    return reshape(flat, [...a.shape.slice(0, -1), flat.shape[1] ?? 0]);
  }
  return matmulOp({ a, b, bias }, { transposeA, transposeB, scale });
}

interface ProductTensors {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias?: Tensor | undefined;
  readonly y: Tensor;
  /** [M], takes the sums of a over K, with transposeA. */
  readonly sums?: Tensor;
}

function product({ a, b, bias, y, sums }: ProductTensors, attributes: Attributes): void {
  const { batch, rows, columns, depth, sharedA, sharedB } = dimensions(a, b, attributes);
  const lanes = lanesOf(y.device);
  const kernel = instance({
    transposeA: attributes.transposeA,
    transposeB: attributes.transposeB,
    quadsA: (a.shape.at(-1) ?? 0) % 4 === 0,
    quadsB: (b.shape.at(-1) ?? 0) % 4 === 0,
    quadsY: columns % 4 === 0,
    bias: bias !== undefined,
    sums: sums !== undefined,
    lanes,
  });
  const rowBlocks = Math.ceil(rows / rowsPerGroup);
  const columnBlocks = Math.ceil(columns / (columnsPerLane * lanes));
  const units = rowBlocks * columnBlocks * sizeOf(batch);
  run(
    kernel,
    { a, b, bias: bias ?? a, y, sums: sums ?? y },
    {
      rows,
      columns,
      depth,
      rowBlocks,
      columnBlocks,
      aBatchStride: sharedA ? 0 : rows * depth,
      bBatchStride: sharedB ? 0 : depth * columns,
      scale: attributes.scale,
      units,
    },
    lanes > 1 ? units : Math.ceil(units / 64),
  );
}

function dimensions(a: Tensor, b: Tensor, { transposeA, transposeB }: Attributes): Dimensions {
  const fail = (why: string): never => {
    const shown = `${showShape(a.shape)}${transposeA ? "ᵀ" : ""} and ${showShape(b.shape)}${transposeB ? "ᵀ" : ""}`;
    throw new ShapeError(`[matmul] ${shown}: ${why}`);
  };
  if (a.dtype !== "f32" || b.dtype !== "f32") fail(`both must be f32, got ${a.dtype} and ${b.dtype}`);
  if (a.rank < 2 || b.rank < 2) fail("both need at least two axes; reshape vectors to [1, K] or [K, 1]");
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [rows, depth] = transposeA ? [a1, a0] : [a0, a1];
  const [depthB, columns] = transposeB ? [b1, b0] : [b0, b1];
  if (depth !== depthB) fail(`the inner sizes ${depth} and ${depthB} differ`);
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [sharedA, sharedB] = [aBatch.length === 0, bBatch.length === 0];
  if (!sharedA && !sharedB && showShape(aBatch) !== showShape(bBatch)) {
    fail(`the batch axes ${showShape(aBatch)} and ${showShape(bBatch)} differ`);
  }
  return { batch: sharedA ? bBatch : aBatch, rows, columns, depth, sharedA, sharedB };
}

/** The subgroup size where it is fixed and small enough to broadcast eight rows over; else 1. */
function lanesOf(device: Device): number {
  const { subgroupMinSize, subgroupMaxSize } = device.info;
  return subgroupMinSize === subgroupMaxSize && [4, 8, 16].includes(subgroupMinSize) ? subgroupMinSize : 1;
}

const instances = new Map<string, ReturnType<typeof matmulKernel>>();

function instance(variant: MatmulVariant): ReturnType<typeof matmulKernel> {
  const key = JSON.stringify(variant);
  let kernel = instances.get(key);
  if (!kernel) instances.set(key, (kernel = matmulKernel(variant)));
  return kernel;
}
