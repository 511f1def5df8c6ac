/** @file FSC-CLIP's losses against their formulas in f64. */

import { Random, sum, tensor, type Tensor, valueAndGrad } from "@candor/tensor-core";
import {
  type Array64,
  assertClose,
  describeOp,
  largest,
  random64,
  testDevice,
  tolerance,
} from "@candor/tensor-core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { localSimilarity, localWeights, selectiveCalibratedLoss } from "./fscClip.ts";

const unit = (row: readonly number[]): number[] => {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
};
const cut = (data: Float64Array, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.subarray(i * width, (i + 1) * width)),
  );
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, i) => total + value * (b[i] as number), 0);

const [batch, captions, length, patchCount, width, tau] = [2, 3, 4, 5, 6, 3];
const tokens = random64([batch, captions, length, width], new Random(1));
const patches = random64([batch, patchCount, width], new Random(2));
const valid = Float32Array.from({ length: batch * captions * length }, (_, i) =>
  i % 4 < 2 + (i % 3) ? 1 : 0,
);

/** S of caption c of image b: the weights are those of `patches`, what they weigh may have moved. */
function similarity64(b: number, c: number, moved = patches.data): number {
  const t = cut(tokens.data, width).map(unit);
  const [p, pooledFrom] = [patches.data, moved].map((data) =>
    cut(data, width)
      .map(unit)
      .slice(b * patchCount, (b + 1) * patchCount),
  ) as [number[][], number[][]];
  let total = 0;
  for (let i = 0; i < length; i++) {
    const at = (b * captions + c) * length + i;
    if (valid[at] === 0) continue;
    const token = t[at] as number[];
    const cosines = p.map((patch) => dot(token, patch));
    const [low, high] = [Math.min(...cosines), Math.max(...cosines)];
    const stretched = cosines.map((value) => (value - low) / (high - low));
    const sum = stretched.reduce((a, value) => a + value, 0);
    const pooled = token.map((_, d) =>
      stretched.reduce((a, weight, j) => a + (weight / sum) * (pooledFrom[j]?.[d] as number), 0),
    );
    total += Math.exp(tau * dot(unit(pooled), token));
  }
  return Math.log(total);
}

const total = (moved: Float64Array): number =>
  Array.from({ length: batch * captions }, (_, i) =>
    similarity64(Math.floor(i / captions), i % captions, moved),
  ).reduce((a, b) => a + b);

test("local similarity is that of the formula, over valid tokens", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const y = localSimilarity(
    tensor(device, tokens.data, tokens.shape),
    tensor(device, patches.data, patches.shape),
    tensor(device, valid, [batch, captions, length]),
    tau,
  );
  expect(y.shape).toEqual([batch, captions]);
  const want = Float64Array.from({ length: batch * captions }, (_, i) =>
    similarity64(Math.floor(i / captions), i % captions),
  );
  // The two guards of 1e-6 against even cosines move the weights by as much.
  assertClose("S", await y.read(), want, tolerance("composite", width, largest(want)) + 2e-5);
});

test("no gradient goes through the weights of the patches", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const p = tensor(device, patches.data, patches.shape);
  const { grads } = valueAndGrad(
    () =>
      sum(
        localSimilarity(
          tensor(device, tokens.data, tokens.shape),
          p,
          tensor(device, valid, [batch, captions, length]),
          tau,
        ),
      ),
    new Map([["patches", p]]),
  );
  const step = 1e-5;
  const want = patches.data.map((value, i) => {
    const [up, down] = [1, -1].map((sign) => patches.data.with(i, value + sign * step)) as [
      Float64Array,
      Float64Array,
    ];
    return (total(up) - total(down)) / (2 * step);
  });
  assertClose(
    "gradient",
    await (grads.get("patches") as Tensor).read(),
    want,
    tolerance("composite", width, largest(want)) + 1e-4,
  );
});

test("weights sum to one, and spread where all patches match alike", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const alike = tensor(device, [1, 0, 1, 0, 1, 0], [1, 3, 2]);
  expect(Array.from(await localWeights(tensor(device, [0.6, 0.8], [1, 1, 2]), alike).read())).toEqual(
    [1, 1, 1].map(() => expect.closeTo(1 / 3, 5)),
  );
});

describeOp<{ gamma: number; epsilon: number }>("selectiveCalibratedLoss", {
  cases: fc.constantFrom({ gamma: 0, epsilon: 0 }, { gamma: 2, epsilon: 0.02 }, { gamma: 1, epsilon: 0.3 }),
  runs: 3,
  shapes: () => ({ logits: [3, 4] }),
  op: ({ logits }, options) => {
    const there = tensor(logits!.device, [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0], [3, 4]);
    return selectiveCalibratedLoss(logits!, there, options);
  },
  reference: ({ logits }, { gamma, epsilon }): Array64 => {
    const there = [
      [1, 1, 1, 1],
      [1, 1, 0, 1],
      [1, 0, 1, 0],
    ];
    const losses = cut(logits!.data, 4).map((row, b) => {
      const total = row.reduce((sum, value, k) => sum + (there[b]?.[k] as number) * Math.exp(value), 0);
      return row.reduce((sum, value, k) => {
        if (there[b]?.[k] === 0) return sum;
        const label = (k === 0 ? 1 - epsilon : 0) + epsilon / 4;
        const p = Math.exp(value) / total;
        return sum - label * (1 - p) ** gamma * Math.log(p);
      }, 0);
    });
    return { shape: [], data: Float64Array.of(losses.reduce((a, b) => a + b, 0) / 3) };
  },
  opClass: "composite",
  depth: () => 12,
});

test("shapes and options that make no sense are named", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const x = tensor(device, [1, 2, 3, 4], [2, 2]);
  expect(() => selectiveCalibratedLoss(x, tensor(device, [1, 1]))).toThrow("both must be [B, C]");
  expect(() => selectiveCalibratedLoss(x, x, { epsilon: 2 })).toThrow("epsilon must be in [0, 1]");
  expect(() => localSimilarity(x, x, x, 1)).toThrow(
    "[B, C, T, D], [B, N, D] and [B, C, T], got [2, 2], [2, 2], [2, 2]",
  );
});
