/** @file Runs one matrix product: picks the kernel for its shape and splits the depth where y is small. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Device } from "../../tensor/device.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { reduceKernel, sumMonoid } from "../reduce/reduce.wgsl.ts";
import { matmulKernel } from "./matmul.wgsl.ts";
import { type Activation, type Epilogue, type Tiling, unitOf, workgroupsFor } from "./matmulVariant.ts";
import { productInParts } from "./productInParts.ts";
import { chooseTiling, type MatmulProblem, splitsFor } from "./tilings.ts";

/** How the operands of a product are stored, and its factor. */
export interface ProductAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
  readonly activation?: Activation;
}

/** Sizes of a product, checked. */
export interface ProductShape {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** A 2-d operand serves every batch. */
  readonly sharedA: boolean;
  readonly sharedB: boolean;
}

export interface ProductTensors {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
  readonly bias?: Tensor | undefined;
  readonly gate?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  /** Of y's shape, takes what the activation is applied to. */
  readonly input?: Tensor | undefined;
  /** [M], takes the sums of a over K, with transposeA. */
  readonly sums?: Tensor | undefined;
}

const kernelOf = byVariant(matmulKernel);
const sumOf = byVariant((quads: boolean) => reduceKernel(sumMonoid, quads));

/** y = activation(scale · a b + bias) · gate + residual, into tensors that exist. */
export function product(tensors: ProductTensors, attributes: ProductAttributes): void {
  const { a, b, y, sums } = tensors;
  if (productInParts(tensors, attributes, product)) return;
  const shape = productShape(a, b, attributes);
  const { transposeA, transposeB, activation = "none" } = attributes;
  const { rows, columns, depth } = shape;
  const batches = sizeOf(shape.batch);
  const epilogue = {
    bias: tensors.bias !== undefined,
    activation,
    keepsInput: tensors.input !== undefined,
    gate: tensors.gate !== undefined,
    residual: tensors.residual !== undefined,
  };
  const stored = { transposeA, transposeB, halfA: a.dtype === "f16", halfB: b.dtype === "f16" };
  const problem = { rows, columns, depth, batches, ...stored };
  const tiling = chooseTiling(y.device, problem);
  const sumsApart = sums && tiling.kind === "element";
  const kernel = kernelOf({
    tiling,
    epilogue: sharesInstance(y.device, tiling, problem, epilogue)
      ? { ...epilogue, ...optionalParts }
      : epilogue,
    ...stored,
    quadsA: (a.shape.at(-1) ?? 0) % 4 === 0,
    quadsB: (b.shape.at(-1) ?? 0) % 4 === 0,
    quadsY: columns % 4 === 0,
    wholeDepth: depth % 4 === 0,
    sums: sums !== undefined && !sumsApart,
  });
  const unit = unitOf(tiling);
  const rowBlocks = Math.ceil(rows / unit.rows);
  const columnBlocks = Math.ceil(columns / unit.columns);
  const blocks = rowBlocks * columnBlocks * batches;
  const splits = changesProduct(epilogue) ? 1 : splitsFor(y.device, blocks, depth);
  const part = (target: Tensor): Tensor =>
    splits === 1 ? target : Tensor.allocate(y.device, [splits, ...target.shape], "f32", "[matmul] parts");
  const parts = { y: part(y), sums: sums && !sumsApart ? part(sums) : undefined };
  const units = blocks * splits;
  run(
    kernel,
    // An instance binds those that it declares.
    {
      a,
      b,
      bias: tensors.bias ?? a,
      gate: tensors.gate ?? a,
      residual: tensors.residual ?? a,
      input: tensors.input ?? y,
      y: parts.y,
      sums: parts.sums ?? y,
    },
    {
      rows,
      columns,
      depth,
      splitDepth: Math.ceil(depth / splits / 4) * 4,
      rowBlocks,
      columnBlocks,
      batches,
      aBatchStride: shape.sharedA ? 0 : rows * depth,
      bBatchStride: shape.sharedB ? 0 : depth * columns,
      aRowStride: transposeA ? 1 : depth,
      aDepthStride: transposeA ? rows : 1,
      bDepthStride: transposeB ? 1 : columns,
      bColumnStride: transposeB ? depth : 1,
      scale: attributes.scale,
      units,
      unitRows: tiling.rows,
      biased: epilogue.bias ? 1 : 0,
      added: epilogue.residual ? 1 : 0,
    },
    workgroupsFor(tiling, units),
  );
  if (sumsApart) addRows(a, sums);
  if (splits === 1) return;
  addParts(parts.y, y);
  if (sums && parts.sums) addParts(parts.sums, sums);
}

const optionalParts = { bias: true, residual: true, optional: true } as const;

/**
 * Whether products of linear layers take one instance with bias and residual, with one of them and without: a software
 * device compiles each for longer than a hundred of its steps take, and the branches cost nothing that could be measured.
 */
function sharesInstance(
  { info }: Device,
  { kind }: Tiling,
  { columns, transposeA, transposeB }: MatmulProblem,
  { activation, gate, keepsInput }: Epilogue,
): boolean {
  const linear = transposeB && !transposeA && columns % 4 === 0;
  return info.software && kind === "broadcast" && linear && activation === "none" && !gate && !keepsInput;
}

/** Whether anything but a factor is applied to the product. */
function changesProduct({ bias, activation, gate, residual }: Epilogue): boolean {
  return bias || activation !== "none" || gate || residual;
}

/** Sums parts [splits, ...] into y, in order, and frees them. */
function addParts(parts: Tensor, y: Tensor): void {
  addRows(parts, y);
  parts.dispose();
}

/** Sums x [n, ...] over its first axis into y, in order. */
function addRows(x: Tensor, y: Tensor): void {
  const quads = y.size % 4 === 0;
  const count = quads ? y.size / 4 : y.size;
  const kernel = sumOf(quads);
  run(
    kernel,
    { x, y },
    { count, n: x.shape[0] ?? 1, items: count, blocks: 1, factor: 1 },
    Math.ceil(count / kernel.workgroup),
  );
}

/** @throws ShapeError if the operands do not fit */
export function productShape(
  a: Tensor,
  b: Tensor,
  { transposeA, transposeB }: Pick<ProductAttributes, "transposeA" | "transposeB">,
): ProductShape {
  const fail = (why: string): never => {
    const shown = `${showShape(a.shape)}${transposeA ? "ᵀ" : ""} and ${showShape(b.shape)}${transposeB ? "ᵀ" : ""}`;
    throw new ShapeError(`[matmul] ${shown}: ${why}`);
  };
  if (!isFloat(a.dtype) || !isFloat(b.dtype)) {
    fail(`both must be f32 or f16, got ${a.dtype} and ${b.dtype}`);
  }
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
