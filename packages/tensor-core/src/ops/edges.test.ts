/** @file Ops at the edges of their shapes: nothing, one element, views after a transpose, and very many workgroups. */

import { describe, expect, it } from "vitest";
import { full, ones, tensor, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { conv2d } from "./conv/conv2d.ts";
import { einsum } from "./einsum/einsum.ts";
import { add, maximum } from "./elementwise/binary.ts";
import { equal, less } from "./elementwise/compare.ts";
import { abs, clamp, pow } from "./elementwise/unary.ts";
import { where } from "./elementwise/where.ts";
import { gather, oneHot, take } from "./index/gather.ts";
import { flatten, stack, unsqueeze } from "./layout/axes.ts";
import { cast } from "./layout/cast.ts";
import { concat } from "./layout/concat.ts";
import { flip } from "./layout/flip.ts";
import { pad } from "./layout/pad.ts";
import { slice } from "./layout/slice.ts";
import { split } from "./layout/split.ts";
import { transpose } from "./layout/transpose.ts";
import { mseLoss } from "./loss/losses.ts";
import { dropout, randomNormal } from "./random/random.ts";
import { cumsum } from "./reduce/cumsum.ts";
import { argmax, max } from "./reduce/extremes.ts";
import { logSoftmax, variance } from "./reduce/logSumExp.ts";

const idsOf = (device: Device, ids: number[], shape: number[]) => tensor(device, ids, shape, "i32");
const valuesOf = async (y: Tensor) => Array.from(await y.read());
const holdsOnly = async (y: Tensor, value: number) => (await y.read()).every((found) => found === value);

type Case = readonly [name: string, shape: readonly number[], op: (x: Tensor, device: Device) => Tensor];

const onNothing: readonly Case[] = [
  ["cast", [0, 3], (x) => cast(x, "f16")],
  ["abs", [0, 3], (x) => abs(x)],
  ["clamp", [0, 3], (x) => clamp(x, 0, 1)],
  ["add", [0, 3], (x, device) => add(x, zeros(device, [3]))],
  ["equal", [0, 3], (x) => equal(x, x)],
  ["where", [0, 3], (x) => where(x, x, x)],
  ["split", [0, 2], (x) => split(x, 1, [1, 2])[1]!],
  ["split along nothing", [0, 3], (x) => split(x, 0, [0, 0])[1]!],
  ["concat", [2, 3], (x, device) => concat([x, ones(device, [2, 3])], 0)],
  ["stack", [0, 2, 3], (x) => stack([x, x], 1)],
  ["flip", [0, 3], (x) => flip(x, [0, 1])],
  ["pad beside nothing", [0, 5], (x) => pad(x, [[0, 0], [1, 1]])], // prettier-ignore
  ["pad", [2, 3], (x) => pad(x, [[1, 1], [0, 0]])], // prettier-ignore
  ["flatten", [0], (x) => flatten(x)],
  ["cumsum", [0, 3], (x) => cumsum(x, 1)],
  ["max", [0], (x) => max(x, 1)],
  ["argmax", [0], (x) => argmax(x, 1)],
  ["logSoftmax", [0, 3], (x) => logSoftmax(x)],
  ["variance", [0], (x) => variance(x, 1)],
  ["gather", [0, 2], (x, device) => gather(x, idsOf(device, [], [0, 2]), 1)],
  ["take", [0, 0], (x, device) => take(x, idsOf(device, [], [0]), 1)],
  ["oneHot", [0, 4], (_, device) => oneHot(idsOf(device, [], [0]), 4)],
  ["dropout", [0, 3], (x) => dropout(x, 0.5, new Random(1))],
  ["randomNormal", [0, 2], (_, device) => randomNormal(device, [0, 2], new Random(1))],
  ["einsum", [0, 2], (x, device) => einsum("ij,kj->ik", x, ones(device, [2, 3]))],
  ["conv2d", [0, 3, 2, 2], (_, device) => conv2d(zeros(device, [0, 2, 4, 4]), ones(device, [3, 2, 3, 3]))],
];

describe("empty tensors", () => {
  it.each(onNothing)("go through %s", async (_, shape, op) => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = op(zeros(device, [0, 3]), device);
    expect(y.shape).toEqual(shape);
    const values = await valuesOf(y);
    expect(values.length).toBe(y.size);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe("tensors of one element", () => {
  it("go through every kind of op", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = full(device, [], -3);
    const line = full(device, [1], -3);
    const found = [
      abs(x),
      pow(x, 2),
      maximum(x, line),
      less(x, line),
      where(line, x, line),
      stack([x]),
      flip(line, [0]),
      cumsum(line, 0),
      max(x),
      argmax(line),
      logSoftmax(line),
      take(line, idsOf(device, [0], []), 0),
      oneHot(idsOf(device, [0], []), 1),
      mseLoss(x, x),
    ];
    const want = [3, 9, -3, 0, -3, -3, -3, -3, -3, 0, 0, -3, 1, 0];
    const values = await Promise.all(found.map(async (y) => (await y.read())[0]));
    values.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 4));
  });
});

describe("tensors after a transpose", () => {
  it("are read in their new order", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = transpose(tensor(device, [0, 1, 2, 3, 4, 5], [2, 3]), [1, 0]); // 0 3 / 1 4 / 2 5
    expect(await valuesOf(flip(x, [0]))).toEqual([2, 5, 1, 4, 0, 3]);
    expect(await valuesOf(split(x, 1, 2)[1]!)).toEqual([3, 4, 5]);
    expect(await valuesOf(cumsum(x, 0))).toEqual([0, 3, 1, 7, 3, 12]);
    expect(await valuesOf(argmax(x, 0))).toEqual([2, 2]);
    expect(await valuesOf(gather(x, idsOf(device, [1, 0, 1], [3, 1]), 1))).toEqual([3, 1, 5]);
    expect(await valuesOf(take(x, idsOf(device, [2, 0], [2]), 0))).toEqual([2, 5, 0, 3]);
    const small = where(less(x, full(device, [], 3)), x, full(device, [], 9));
    expect(await valuesOf(small)).toEqual([0, 9, 1, 9, 2, 9]);
    expect(await valuesOf(cast(cast(x, "f16"), "i32"))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(await valuesOf(einsum("ij,j->i", x, tensor(device, [1, 10])))).toEqual([30, 41, 52]);
    expect(await valuesOf(unsqueeze(x, 1))).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe("more workgroups than one axis holds", () => {
  it("are folded by copies, casts and choices", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    // One element an invocation where sizes are odd.
    const rows = 65_535 * 64 + 3;
    const x = full(device, [rows], 7);
    expect(await holdsOnly(slice(x, 0, 1), 7)).toBe(true);
    const [head, tail] = split(x, 0, [1, rows - 1]) as [Tensor, Tensor];
    expect(await holdsOnly(concat([tail, head], 0), 7)).toBe(true);
    expect((await flip(x, [0]).read()).at(-1)).toBe(7);
    expect((await pad(slice(x, 0, 0, rows - 1), [[1, 0]], 7).read()).at(-1)).toBe(7);
    expect(await holdsOnly(cumsum(unsqueeze(x, 1), 1), 7)).toBe(true);
    expect(await holdsOnly(gather(unsqueeze(x, 1), zeros(device, [rows, 1], "i32"), 1), 7)).toBe(true);
  });
});
