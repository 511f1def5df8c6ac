/** @file Ops over rows whose tensors are more than the device binds at once: cut into parts, with the same results. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { full, tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose, largest } from "../testing/array64.ts";
import { narrowDevice, testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { attention } from "./attention/attention.ts";
import { conv2d } from "./conv/conv2d.ts";
import { mul } from "./elementwise/binary.ts";
import { broadcastTo } from "./layout/broadcastTo.ts";
import { concat } from "./layout/concat.ts";
import { slice } from "./layout/slice.ts";
import { split } from "./layout/split.ts";
import { transpose } from "./layout/transpose.ts";
import { crossEntropy } from "./loss/crossEntropy.ts";
import { layerNorm } from "./normalize/layerNorm.ts";
import { rmsNorm } from "./normalize/rmsNorm.ts";
import { softmax } from "./normalize/softmax.ts";
import { cumsum } from "./reduce/cumsum.ts";
import { argmax, max, min } from "./reduce/extremes.ts";
import { prod } from "./reduce/prod.ts";
import { mean, sum } from "./reduce/sum.ts";

const draw = (device: Device, shape: readonly number[], seed: number, low = -1, high = 1) => {
  const random = new Random(seed);
  return tensor(
    device,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
    shape,
  );
};

type Results = readonly (readonly [name: string, values: ArrayLike<number>])[];

/** The values and the gradients of `op`, weighted at random, on a device that binds all at once and on one that does not. */
async function onBoth(
  inputs: Readonly<Record<string, readonly number[]>>,
  op: (tensors: Readonly<Record<string, Tensor>>, device: Device) => Tensor,
  maxBindingBytes: number,
  range: readonly [number, number] = [-1, 1],
): Promise<readonly [Results, Results]> {
  const results: Results[] = [];
  for (const device of [await testDevice(), await narrowDevice(maxBindingBytes)]) {
    using _scope = device.scope();
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, shape], i) => [name, draw(device, shape, i, ...range)]),
    );
    const y = op(tensors, device);
    const weights = draw(device, y.shape, 9);
    const { grads } = valueAndGrad(
      () => sum(mul(op(tensors, device), weights)),
      new Map(Object.entries(tensors)),
    );
    const read: [string, ArrayLike<number>][] = [["y", await y.read()]];
    for (const name of Object.keys(inputs)) read.push([`d${name}`, await grads.get(name)!.read()]);
    results.push(read);
  }
  return results as unknown as readonly [Results, Results];
}

describe("rows beyond one binding", () => {
  it.each(["quads", "scalars"])("go through softmax by %s", async (width) => {
    const [whole, parts] = await onBoth(
      { x: [600, width === "quads" ? 40 : 33] },
      ({ x }) => softmax(x!),
      40_000,
    );
    expect(parts).toEqual(whole);
  });

  it.each(["layerNorm", "rmsNorm"])("go through %s", async (name) => {
    const [whole, parts] = await onBoth(
      { x: [1000, 64], weight: [64], ...(name === "layerNorm" ? { bias: [64] } : {}) },
      ({ x, weight, bias }) => (bias ? layerNorm(x!, weight!, bias) : rmsNorm(x!, weight!)),
      70_000,
    );
    expect(parts.slice(0, 2)).toEqual(whole.slice(0, 2));
    // The blocks of rows are others.
    for (const [i, [key, values]] of whole.entries()) {
      assertClose(key, parts[i]![1], values, tolerance("reduction", 1000, largest(values)));
    }
  });

  it("are logits of crossEntropy", async () => {
    const [rows, classes] = [700, 37];
    const [whole, parts] = await onBoth(
      { logits: [rows, classes] },
      ({ logits }, device) => {
        const targets = tensor(
          device,
          Int32Array.from({ length: rows }, (_, i) => (i * 5) % classes),
          [rows],
          "i32",
        );
        return crossEntropy(logits!, targets, draw(device, [rows], 5));
      },
      40_000,
    );
    expect(parts).toEqual(whole);
  });

  it.each([
    ["", [32, 32, 1, 128], [32, 28, 1, 128]],
    [", with more keys than queries", [16, 16, 2, 64], [16, 60, 1, 64]],
  ] as const)("are items of a batch for attention%s", async (_, queries, keys) => {
    const [whole, parts] = await onBoth(
      { q: queries, k: keys, v: keys },
      ({ q, k, v }, device) => {
        const lengths = Int32Array.from({ length: queries[0] }, (_unused, i) => 1 + (i % keys[1]));
        return attention(q!, k!, v!, { lengths: tensor(device, lengths, [queries[0]], "i32") });
      },
      140_000,
    );
    expect(parts).toEqual(whole);
  });

  it.each([
    ["sum of all", [50_001], (x: Tensor) => sum(x)],
    ["mean of all", [300, 100], (x: Tensor) => mean(x)],
    ["sum over rows", [1500, 12], (x: Tensor) => sum(x, 0)],
    ["sum over columns", [1500, 13], (x: Tensor) => sum(x, 1)],
    ["sum over the middle", [40, 30, 32], (x: Tensor) => sum(x, 1)],
    ["max of all", [30_000], (x: Tensor) => max(x)],
    ["min over columns", [1500, 13], (x: Tensor) => min(x, 1)],
    ["prod over columns", [3000, 5], (x: Tensor) => prod(x, 1)],
    ["cumsum", [900, 17], (x: Tensor) => cumsum(x, 1)],
  ] as const)("go through %s", async (_, shape, op) => {
    const [whole, parts] = await onBoth({ x: shape }, ({ x }) => op(x!), 40_000);
    for (const [i, [key, values]] of whole.entries()) {
      assertClose(key, parts[i]![1], values, tolerance("reduction", sizeOf(shape), largest(values)));
    }
  });

  it.each([1, 2])("are windows of conv2d in %i groups", async (groups) => {
    const [whole, parts] = await onBoth(
      { x: [5, 4, 16, 16], weight: [6, 4 / groups, 3, 3], bias: [6] },
      ({ x, weight, bias }) => conv2d(x!, weight!, { bias, groups, padding: 1 }),
      80_000,
    );
    for (const [i, [key, values]] of whole.entries()) {
      assertClose(key, parts[i]![1], values, tolerance("product", 36 * 5 * 256, largest(values)));
    }
  });

  it("are searched for the place of the largest", async () => {
    const places: Int32Array[] = [];
    for (const device of [await testDevice(), await narrowDevice(40_000)]) {
      using _scope = device.scope();
      places.push((await argmax(draw(device, [1500, 13], 1), 1).read()) as Int32Array);
    }
    expect(places[1]).toEqual(places[0]);
  });

  it.each([
    ["broadcast", [64, 4], (x: Tensor) => broadcastTo(x, [100, 64, 4])],
    ["broadcast along rows", [5000, 1], (x: Tensor) => broadcastTo(x, [5000, 7])],
    ["concat of rows", [100, 96], (x: Tensor) => concat([x, slice(x, 0, 4, 100)], 0)],
    ["concat of columns", [300, 20], (x: Tensor) => concat([x, slice(x, 1, 3, 17)], 1)],
    ["split and joined", [256, 24], (x: Tensor) => concat(split(x, 0, [128, 64, 64]).toReversed(), 0)],
    ["slice", [1024, 3, 8], (x: Tensor) => slice(x, 1, 1, 3)],
    ["slice from an odd place", [40_000], (x: Tensor) => slice(x, 0, 3, 39_001)],
    ["transpose within rows", [64, 8, 32], (x: Tensor) => transpose(x, [0, 2, 1])],
  ] as const)("are copied: %s", async (_, shape, op) => {
    const results: ArrayLike<number>[] = [];
    for (const device of [await testDevice(), await narrowDevice(40_000)]) {
      using _scope = device.scope();
      results.push(await op(draw(device, shape, 1)).read());
    }
    expect(results[1]).toEqual(results[0]);
  });

  it("hold more than 128 MiB, all that lavapipe binds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [rows, columns] = [36_000, 1024];
    const y = softmax(full(device, [rows, columns], 3));
    expect(y.bytes).toBeGreaterThan(2 ** 27);
    // 37 million equal terms round as their order has it, which depends on how much the device binds.
    const whole = await sum(y).item();
    expect(Math.abs(whole - rows)).toBeLessThan(tolerance("reduction", y.size, rows));
    // Each row's are exact in any order.
    expect((await sum(y, 1).read()).every((value) => value === 1)).toBe(true);
    const lines = await max(y, 1).read();
    expect(lines.length).toBe(rows);
    expect(lines.every((value) => value === 1 / columns)).toBe(true);
  });

  // A part begins at a multiple of 128 elements of each tensor: of 16 rows of 616, of 128 where a row has one result.
  it("are cut where as many of them fit as lie between places to cut, and refused by name otherwise", async () => {
    const device = await narrowDevice(40_000);
    using _scope = device.scope();
    const [x, longer] = [draw(device, [160, 78], 1), draw(device, [160, 79], 1)];
    const [fits, beyond] = [draw(device, [32, 616], 1), draw(device, [32, 632], 1)];
    const weight = (width: number) => full(device, [width], 1);
    const targets = tensor(device, new Int32Array(160), [160], "i32");
    for (const [op, good, bad] of [
      [(t: Tensor) => sum(t, 1), x, longer],
      [(t: Tensor) => mean(t, 1), x, longer],
      [(t: Tensor) => max(t, 1), x, longer],
      [(t: Tensor) => argmax(t, 1), x, longer],
      [(t: Tensor) => prod(t, 1), x, longer],
      [(t: Tensor) => layerNorm(t, weight(t.shape[1]!), weight(t.shape[1]!)), x, longer],
      [(t: Tensor) => rmsNorm(t, weight(t.shape[1]!)), x, longer],
      [(t: Tensor) => crossEntropy(t, targets, weight(160)), x, longer],
      [(t: Tensor) => cumsum(t, 1), fits, beyond],
      [(t: Tensor) => softmax(t), fits, beyond],
    ] as const) {
      op(good);
      expect(() => op(bad)).toThrow(
        new RegExp(
          `^\\[.+\\] \\w+ has ${bad.bytes} bytes, more than the 40000 that this device binds at once`,
        ),
      );
    }
  });

  it("are refused by name where one is more than a binding", async () => {
    const device = await narrowDevice(40_000);
    using _scope = device.scope();
    expect(() => sum(full(device, [2, 20_001], 1), 1)).toThrow(
      "[reduce.sum] x has 160008 bytes, more than the 40000 that this device binds at once",
    );
  });
});
