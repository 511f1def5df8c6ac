/** @file Losses against their formulas in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import * as losses from "./losses.ts";

type Shape2 = [number, number];

function pairwise(
  op: (x: Tensor, t: Tensor) => Tensor,
  formula: (x: number, t: number) => number,
  range: [number, number],
): OpCheck<Shape2> {
  return {
    cases: fc.tuple(awkwardSize, fc.constantFrom(1, 3, 4)),
    runs: 5,
    shapes: (shape) => ({ x: shape, t: shape }),
    op: ({ x, t }) => op(x!, t!),
    reference: ({ x, t }) => {
      const total = x!.data.reduce((a, value, i) => a + formula(value, t!.data[i]!), 0);
      return { shape: [], data: Float64Array.of(total / x!.data.length) };
    },
    opClass: "composite",
    depth: ([n, m]) => n * m,
    range,
  };
}

describeOp(
  "mseLoss",
  pairwise(losses.mseLoss, (x, t) => (x - t) ** 2, [-2, 2]),
);
describeOp(
  "l1Loss",
  pairwise(losses.l1Loss, (x, t) => Math.abs(x - t), [-2, 2]),
);
describeOp(
  "huberLoss",
  pairwise(
    (x, t) => losses.huberLoss(x, t, 0.7),
    (x, t) => {
      const d = Math.abs(x - t);
      return d <= 0.7 ? d ** 2 / 2 : 0.7 * (d - 0.35);
    },
    [-2, 2],
  ),
);
describeOp(
  "binaryCrossEntropyWithLogits",
  pairwise(
    losses.binaryCrossEntropyWithLogits,
    (x, t) => {
      const p = 1 / (1 + Math.exp(-x));
      return -(t * Math.log(p) + (1 - t) * Math.log(1 - p));
    },
    [0, 1],
  ),
);

const rows = (x: Array64) => {
  const d = x.shape.at(-1)!;
  return Array.from({ length: x.data.length / d }, (_, i) => Array.from(x.data.subarray(i * d, (i + 1) * d)));
};
const dot = (a: number[], b: number[]) => a.reduce((total, x, i) => total + x * b[i]!, 0);

describeOp<Shape2>("cosineSimilarity", {
  cases: fc.tuple(fc.constantFrom(1, 3, 8), fc.constantFrom(2, 5, 33)),
  runs: 5,
  shapes: (shape) => ({ a: shape, b: shape }),
  op: ({ a, b }) => losses.cosineSimilarity(a!, b!),
  reference: ({ a, b }, [n]) => {
    const y = zeros64([n]);
    const right = rows(b!);
    rows(a!).forEach((row, i) => {
      const other = right[i]!;
      y.data[i] = dot(row, other) / Math.sqrt(dot(row, row) * dot(other, other));
    });
    return y;
  },
  opClass: "composite",
  depth: ([, d]) => d,
});

describeOp<Shape2>("normalize", {
  cases: fc.tuple(fc.constantFrom(1, 3, 8), fc.constantFrom(2, 5, 33)),
  runs: 5,
  shapes: (shape) => ({ x: shape }),
  op: ({ x }) => losses.normalize(x!),
  reference: ({ x }) => ({
    shape: x!.shape,
    data: Float64Array.from(rows(x!).flatMap((row) => row.map((value) => value / Math.sqrt(dot(row, row))))),
  }),
  opClass: "composite",
  depth: ([, d]) => d,
});

describe("losses", () => {
  it("take the likelihood of each row's target", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logs = tensor(device, [-1, -2, -3, -4, -5, -6], [2, 3]);
    expect(await losses.nllLoss(logs, tensor(device, [2, 0], [2], "i32")).item()).toBe(3.5);
  });

  it("stay finite where logits are large and vectors are zero", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = tensor(device, [1000, -1000, 1000]);
    const targets = tensor(device, [1, 0, 0]);
    const weights = tensor(device, [1, 1, 0.5]);
    const loss = losses.binaryCrossEntropyWithLogits(logits, targets, { weights });
    expect(await loss.item()).toBeCloseTo(500 / 3, 3);
    const x = zeros(device, [2, 3]);
    const { value, grads } = valueAndGrad(() => sum(losses.cosineSimilarity(x, x)), new Map([["x", x]]));
    expect(await value.item()).toBe(0);
    expect(await grads.get("x")?.read()).toEqual(new Float32Array(6));
  });

  it("take the weights of logits one by one, and none that would repeat", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const logits = tensor(device, [1, 2, 3, 4], [4, 1]);
    const targets = tensor(device, [0, 1, 0, 1], [4, 1]);
    const weighted = (shape: number[]) =>
      losses.binaryCrossEntropyWithLogits(logits, targets, { weights: tensor(device, [1, 0, 0, 0], shape) });
    expect(await weighted([4, 1]).item()).toBeCloseTo(Math.log1p(Math.E) / 4, 6);
    expect(() => weighted([4])).toThrow(
      "[binaryCrossEntropyWithLogits] weights must be [4, 1], one for each logit, got [4]",
    );
    const one = tensor(device, [2], []);
    expect(() => losses.binaryCrossEntropyWithLogits(logits, targets, { weights: one })).toThrow("got []");
  });

  it("compare directions of vectors that are long, or f16", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const long = tensor(device, [1e10, 0, 1e18, 1e18, 3, 4], [3, 2]);
    const other = tensor(device, [1e10, 0, -1e18, -1e18, -4e12, 3e12], [3, 2]);
    const params = new Map([["long", long]]);
    const { value, grads } = valueAndGrad(() => sum(losses.cosineSimilarity(long, other)), params);
    assertClose("cosines", await losses.cosineSimilarity(long, other).read(), [1, -1, 0], 1e-6);
    expect(await value.item()).toBeCloseTo(0, 6);
    const slopes = await grads.get("long")!.read();
    // (b - a (a b)) / |a| for unit vectors a and b; a is [3, 4] / 5.
    for (const [i, slope] of [0, 0, 0, 0, -0.8 / 5, 0.6 / 5].entries())
      expect(slopes[i]).toBeCloseTo(slope, 6);
    const half = tensor(device, [300, 300, 0, 0, 3e-4, 0], [3, 2], "f16");
    const cosines = losses.cosineSimilarity(half, half);
    expect(cosines.dtype).toBe("f16");
    expect(await cosines.read()).toEqual(Float32Array.of(1, 0, 1));
    const unit = losses.normalize(half);
    expect(unit.dtype).toBe("f16");
    const side = await tensor(device, [Math.SQRT1_2], [1], "f16").item();
    expect(await unit.read()).toEqual(Float32Array.of(side, side, 0, 0, 1, 0));
  });

  it("take any place for the line of huberLoss to begin, or none", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [x, zero] = [tensor(device, [3, -4]), zeros(device, [2])];
    const loss = (delta: number) => losses.huberLoss(x, zero, delta);
    for (const delta of [Infinity, 1e39, 1e30, 4]) expect(await loss(delta).item()).toBe((9 + 16) / 4);
    const { grads } = valueAndGrad(() => loss(Infinity), new Map([["x", x]]));
    expect(await grads.get("x")!.read()).toEqual(Float32Array.of(1.5, -2));
    for (const delta of [NaN, -1, 0]) {
      expect(() => loss(delta)).toThrow(RangeError);
      expect(() => loss(delta)).toThrow(`[huberLoss] delta must be a number > 0, got ${delta}`);
    }
  });

  it("name shapes that differ", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 3]);
    expect(() => losses.mseLoss(x, zeros(device, [3]))).toThrow(
      "[mseLoss] both must have one shape, got [2, 3] and [3]",
    );
    expect(() => losses.nllLoss(x, zeros(device, [3], "i32"))).toThrow(
      "[nllLoss] logProbabilities and targets must be [N, V] and [N], got [2, 3] and [3]",
    );
  });
});
