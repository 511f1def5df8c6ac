/** @file Matrix product with batch, transposed operands, scale, bias, activation, gate and residual. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { freeAfter, isTracked } from "../../autograd/tape.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { sameShape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { add } from "../elementwise/binary.ts";
import { cast } from "../layout/cast.ts";
import { reshape } from "../layout/reshape.ts";
import { sumTo } from "../reduce/sum.ts";
import { epilogueBackward } from "./matmulEpilogue.wgsl.ts";
import type { Activation } from "./matmulVariant.ts";
import { product, type ProductAttributes, productShape } from "./product.ts";

/** What is done to a product before it is stored: activation(product + bias) · gate + residual. */
export interface MatmulEpilogue {
  /** Applied after the bias; default "none". */
  readonly activation?: Activation;
  /** Of the shape of the result, multiplies what the activation gives. */
  readonly gate?: Tensor | undefined;
  /** Of the shape of the result, added at the end. */
  readonly residual?: Tensor | undefined;
}

export interface MatmulOptions extends MatmulEpilogue {
  /** a is stored [..., K, M]. */
  readonly transposeA?: boolean;
  /** b is stored [..., N, K]. */
  readonly transposeB?: boolean;
  /** [N], added to every row. */
  readonly bias?: Tensor | undefined;
  /** Multiplies the product before the bias is added; default 1. */
  readonly scale?: number;
}

interface Inputs {
  readonly [name: string]: Tensor | undefined;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias?: Tensor | undefined;
  readonly gate?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
}

function outputOf({ a, b, bias, gate, residual }: Inputs, attributes: ProductAttributes) {
  const { batch, rows, columns } = productShape(a, b, attributes);
  const shape = [...batch, rows, columns];
  if (bias && (bias.rank !== 1 || bias.shape[0] !== columns)) {
    throw new ShapeError(`[matmul] bias must be [${columns}], got ${showShape(bias.shape)}`);
  }
  for (const [name, tensor] of Object.entries({ gate, residual })) {
    if (tensor && (tensor.dtype !== "f32" || !sameShape(tensor.shape, shape))) {
      throw new ShapeError(
        `[matmul] ${name} must be ${showShape(shape)} f32, got ${showShape(tensor.shape)} ${tensor.dtype}`,
      );
    }
  }
  return { shape, dtype: "f32" } as const;
}

/** y = scale · a b + bias + residual where a gradient is needed; any epilogue where none is. */
const linearOp = defineOp<Inputs, never, ProductAttributes, "a" | "b" | "bias" | "residual">({
  name: "matmul",
  shape: (inputs, attributes) => ({ y: outputOf(inputs, attributes) }),
  forward: product,
  save: ["a", "b", "bias"],
  accumulates: ["a"],
  gradient: (saved, dy, attributes, needs, known) => ({
    ...productGradients(saved, dy, attributes, needs, known.a),
    ...(needs.has("residual") ? { residual: dy } : {}),
  }),
});

/** y = activation(scale · a b + bias) · gate + residual; keeps what the activation is applied to. */
const activatedOp = defineOp<Inputs, "input", ProductAttributes, "a" | "b" | "bias" | "gate" | "input">({
  name: "matmul",
  shape: (inputs, attributes) => {
    const output = outputOf(inputs, attributes);
    return { y: output, input: output };
  },
  forward: product,
  save: ["a", "b", "bias", "gate", "input"],
  accumulates: ["a"],
  gradient: ({ gate, input, ...saved }, dy, attributes, needs, known) => {
    const dx = Tensor.allocate(dy.device, dy.shape, "f32", "[matmul] gradient before the activation");
    const dgate = gate ? Tensor.allocate(dy.device, dy.shape, "f32", "[matmul] dgate") : undefined;
    const kernel = backwardOf({ activation: attributes.activation ?? "none", gate: gate !== undefined });
    runElements(kernel, { x: input, dy, gate: gate ?? dy, dx, dgate: dgate ?? dx }, {});
    return {
      ...productGradients(saved, dx, attributes, needs, known.a),
      ...(needs.has("gate") ? { gate: dgate } : {}),
      ...(needs.has("residual") ? { residual: dy } : {}),
    };
  },
});

const backwardOf = byVariant(epilogueBackward);

/** Gradients of a, b and bias from that of y = scale · a b + bias. `known` is added to that of a. */
function productGradients(
  { a, b, bias }: Inputs,
  dy: Tensor,
  { transposeA, transposeB, scale }: ProductAttributes,
  needs: ReadonlySet<keyof Inputs>,
  known: Tensor | undefined,
) {
  // y = s A B:  dA = s dy B^T,  dB = s A^T dy, each stored as the operand is.
  const da = (residual?: Tensor) =>
    transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true, scale, residual })
      : matmul(dy, b, { transposeB: !transposeB, scale, residual });
  const gradientOfA = () => {
    if (a.rank === dy.rank) return cast(da(known), a.dtype);
    const summed = cast(sumTo(da(), a.shape), a.dtype);
    return known ? add(summed, known) : summed;
  };
  const gradients = { a: needs.has("a") ? gradientOfA() : undefined };
  if (needs.has("b") && needs.has("bias") && transposeB && !transposeA && a.rank === 2 && a.size > 0) {
    const [outputs = 0, inputs = 0] = b.shape;
    const db = Tensor.allocate(a.device, [outputs, inputs], "f32", "[matmul] db");
    const dbias = Tensor.allocate(a.device, [outputs], "f32", "[matmul] dbias");
    product({ a: dy, b: a, y: db, sums: dbias }, { transposeA: true, transposeB: false, scale });
    return { ...gradients, b: cast(db, b.dtype), bias: dbias };
  }
  const db = () =>
    transposeB
      ? matmul(dy, a, { transposeA: true, transposeB: transposeA, scale })
      : matmul(a, dy, { transposeA: !transposeA, scale });
  return {
    ...gradients,
    b: needs.has("b") ? cast(sumTo(db(), b.shape), b.dtype) : undefined,
    bias: needs.has("bias") && bias ? sumTo(dy, bias.shape) : undefined,
  };
}

/** Kernels read f16 in fours. */
function readable(x: Tensor): Tensor {
  return (x.shape.at(-1) ?? 0) % 4 === 0 ? x : (widened(x) as Tensor);
}

function widened(x: Tensor | undefined): Tensor | undefined {
  return x?.dtype === "f16" ? cast(x, "f32") : x;
}

/**
 * Matrix product over the last two axes: y = activation(scale · a b + bias) · gate + residual.
 *
 * @param a [..., M, K] f32 or f16, or [..., K, M] with transposeA
 * @param b [..., K, N] f32 or f16, or [..., N, K] with transposeB; batch axes as those of a, or none on either side
 * @returns [..., M, N], f16 where a and b are, else f32
 * @throws ShapeError if K or the batch axes differ, the bias is not [N], or gate or residual is not [..., M, N]
 *
 * Numerics: f16 is widened as it is read; one running sum over K in f32, in order; where y is small and K long, a GPU makes up to K / 256 such sums
 * and adds them in order. Gradients: a, b, bias, gate, residual; where b is [N, K], as in a linear layer, the bias'
 * gradient comes with that of b. Where an activation or a gate has a gradient, what it is applied to is kept.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  return freeAfter(a.device, () => linear(a, b, options));
}

function linear(a: Tensor, b: Tensor, options: MatmulOptions): Tensor {
  const { transposeA = false, transposeB = false, bias, scale = 1, activation = "none" } = options;
  const { gate, residual } = options;
  // Rows of all batches are rows of one product where b is shared.
  if (!transposeA && a.rank > 2 && b.rank === 2) {
    productShape(a, b, { transposeA, transposeB }); // says what does not fit in the shapes of the caller
    const shape = [...a.shape.slice(0, -1), (transposeB ? b.shape[0] : b.shape[1]) ?? 0];
    const rows = sizeOf(shape.slice(0, -1));
    const flat = (name: string, x: Tensor | undefined) => {
      if (x && !sameShape(x.shape, shape)) {
        throw new ShapeError(`[matmul] ${name} must be ${showShape(shape)}, got ${showShape(x.shape)}`);
      }
      return x && reshape(x, [rows, shape.at(-1) ?? 0]);
    };
    const y = linear(reshape(a, [rows, a.shape.at(-1) ?? 0]), b, {
      ...options,
      gate: flat("gate", gate),
      residual: flat("residual", residual),
    });
    return reshape(y, shape);
  }
  const inputs = {
    a: readable(a),
    b: readable(b),
    bias: widened(bias),
    gate: widened(gate),
    residual: widened(residual),
  };
  const keeps = (activation !== "none" || gate !== undefined) && Object.values(inputs).some(isTracked);
  const attributes = { transposeA, transposeB, scale, activation };
  const y = keeps ? activatedOp(inputs, attributes) : linearOp(inputs, attributes);
  return a.dtype === "f16" && b.dtype === "f16" ? cast(y, "f16") : y;
}
