/** @file Ops over more workgroups than one axis of the grid holds: each of them has its own place, the last ones too. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { arange, full, tensor, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { mul } from "./elementwise/binary.ts";
import { embedding } from "./index/embedding.ts";
import { gather } from "./index/gather.ts";
import { unsqueeze } from "./layout/axes.ts";
import { crossEntropy } from "./loss/crossEntropy.ts";
import { matmul } from "./matmul/matmul.ts";
import { layerNorm } from "./normalize/layerNorm.ts";
import { rmsNorm } from "./normalize/rmsNorm.ts";
import { softmax } from "./normalize/softmax.ts";
import { sum } from "./reduce/sum.ts";

/** Workgroups of a row or a batch item each. */
const rows = 65_537;
/** Rows after which values repeat; no number of workgroups along an axis is a multiple of it. */
const period = 7;

/** Random numbers that repeat after some rows. */
function repeated(device: Device, shape: readonly number[], seed: number): Tensor {
  const random = new Random(seed);
  const width = sizeOf(shape) / rows;
  const values = Float32Array.from({ length: period * width }, () => random.uniform(-1, 1));
  return tensor(
    device,
    Float32Array.from({ length: rows * width }, (_, at) => values[at % values.length] as number),
    shape,
  );
}

/** The first element that is another than in the row some periods before; -1 if there is none. */
async function firstStray(y: Tensor): Promise<number> {
  const values = await y.read();
  const repeat = (period * y.size) / rows;
  expect(values.slice(0, repeat).some((value) => value !== 0)).toBe(true);
  return values.findIndex((value, at) => value !== values[at % repeat]);
}

type Case = readonly [name: string, inputs: Readonly<Record<string, readonly number[]>>, op: RowOp];
type RowOp = (tensors: Readonly<Record<string, Tensor>>, device: Device) => Tensor;

const cases: readonly Case[] = [
  ["batches of products", { a: [rows, 1, 4], b: [rows, 4, 1] }, ({ a, b }) => matmul(a!, b!)],
  ["softmax", { x: [rows, 4] }, ({ x }) => softmax(x!)],
  [
    "layerNorm",
    { x: [rows, 4] },
    ({ x }, device) => layerNorm(x!, full(device, [4], 2), full(device, [4], 3)),
  ],
  ["rmsNorm", { x: [rows, 4] }, ({ x }, device) => rmsNorm(x!, full(device, [4], 2))],
];

/** More elements than an axis has workgroups of 64. */
const many = 65_535 * 64 + 3;
const holdsOnly = async (y: Tensor, value: number) => (await y.read()).every((found) => found === value);

describe("more workgroups than one axis holds", () => {
  it.each(cases)("are those of %s", async (_, inputs, op) => {
    const device = await testDevice();
    using _scope = device.scope();
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, shape], i) => [name, repeated(device, shape, i)]),
    );
    let y: Tensor | undefined;
    const { grads } = valueAndGrad(
      () => {
        y = op(tensors, device);
        return sum(mul(y, repeated(device, y.shape, 9)));
      },
      new Map(Object.entries(tensors)),
    );
    expect(await firstStray(y!)).toBe(-1);
    for (const gradient of grads.values()) expect(await firstStray(gradient)).toBe(-1);
  });

  it("are those of crossEntropy", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = repeated(device, [rows, 4], 1);
    const targets = tensor(
      device,
      Int32Array.from({ length: rows }, (_, i) => (i % period) % 4),
      [rows],
      "i32",
    );
    // In groups whose sums are exact, so that the loss shows a row that is left out.
    const weights = full(device, [rows], 2 ** -10);
    const { value, grads } = valueAndGrad(
      () => crossEntropy(logits, targets, weights),
      new Map([["logits", logits]]),
    );
    expect(await firstStray(grads.get("logits")!)).toBe(-1);
    const part = (await crossEntropy(
      tensor(device, (await logits.read()).slice(0, 4 * period), [period, 4]),
      tensor(device, (await targets.read()).slice(0, period), [period], "i32"),
      full(device, [period], 2 ** -10),
    ).item()) as number;
    expect(Math.abs((await value.item()) / ((part * rows) / period) - 1)).toBeLessThan(1e-4);
  });

  it("are those of sums, embeddings and choices", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = full(device, [many], 7);
    expect(await holdsOnly(sum(unsqueeze(x, 1), 1), 7)).toBe(true);
    const ids = zeros(device, [many], "i32");
    expect(await holdsOnly(embedding(full(device, [2, 1], 5), ids), 5)).toBe(true);
    const lines = unsqueeze(x, 1);
    const { grads } = valueAndGrad(
      () => sum(gather(lines, unsqueeze(ids, 1), 1)),
      new Map([["lines", lines]]),
    );
    expect(await holdsOnly(grads.get("lines")!, 1)).toBe(true);
  });

  it("are those of an embedding's gradient", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const width = 257;
    const table = zeros(device, [Math.ceil(many / width), width]);
    const { grads } = valueAndGrad(
      () => sum(embedding(table, arange(device, 0, table.shape[0] as number, 1, "i32"))),
      new Map([["table", table]]),
    );
    expect(await holdsOnly(grads.get("table")!, 1)).toBe(true);
  });
});
