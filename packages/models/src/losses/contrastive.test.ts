/** @file Contrastive losses against their formulas in f64. */

import { Random, tensor } from "@candor/tensor-core";
import { type Array64, describeOp, testDevice } from "@candor/tensor-core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { coarseToFineLoss } from "./coarseToFine.ts";
import { clipLoss, positivePairs, simclrLoss, supervisedContrastiveLoss } from "./contrastive.ts";
import { flipConsistencyLoss, splitPrompts } from "./flipConsistency.ts";

const rows = ({ shape, data }: Array64): number[][] =>
  Array.from({ length: shape[0] as number }, (_, i) => {
    const width = shape[1] as number;
    const row = Array.from(data.subarray(i * width, (i + 1) * width));
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, i) => total + value * (b[i] as number), 0);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const scalar = (value: number): Array64 => ({ shape: [], data: Float64Array.of(value) });

/** -log of the share of `own` among `others`, which hold it. */
const surprise = (own: number, others: readonly number[]): number =>
  Math.log(others.reduce((total, value) => total + Math.exp(value - own), 0));

const sizes = fc.constantFrom<[number, number][]>([2, 3], [3, 8], [5, 17]);

describeOp<[number, number]>("simclrLoss", {
  cases: sizes,
  runs: 3,
  shapes: (shape) => ({ a: shape, b: shape }),
  op: ({ a, b }) => simclrLoss(a!, b!, 0.5),
  reference: ({ a, b }, [batch]) => {
    const z = [...rows(a!), ...rows(b!)];
    return scalar(
      mean(
        z.map((own, i) => {
          const others = z.flatMap((other, j) => (j === i ? [] : [dot(own, other) / 0.5]));
          return surprise(dot(own, z[(i + batch) % (2 * batch)] as number[]) / 0.5, others);
        }),
      ),
    );
  },
  opClass: "composite",
  depth: ([batch, width]) => 2 * batch * width,
});

const classes = ["live", "print", "live", "replay", "print", "live", "mask"];
describeOp<number>("supervisedContrastiveLoss", {
  cases: fc.constantFrom(3, 8),
  runs: 2,
  shapes: (width) => ({ x: [classes.length, width] }),
  op: ({ x }) => {
    const pairs = tensor(x!.device, positivePairs(classes), [classes.length, classes.length]);
    return supervisedContrastiveLoss(x!, pairs, 0.4);
  },
  reference: ({ x }) => {
    const z = rows(x!);
    const anchors = z.flatMap((own, i) => {
      const others = z.flatMap((other, j) => (j === i ? [] : [dot(own, other) / 0.4]));
      const positives = z.flatMap((other, j) =>
        j !== i && classes[j] === classes[i] ? [surprise(dot(own, other) / 0.4, others)] : [],
      );
      return positives.length > 0 ? [mean(positives)] : [];
    });
    expect(anchors).toHaveLength(5);
    return scalar(mean(anchors));
  },
  opClass: "composite",
  depth: (width) => classes.length * width,
});

describeOp<[number, number]>("clipLoss", {
  cases: sizes,
  runs: 3,
  shapes: (shape) => ({ images: shape, texts: shape, logitScale: [] }),
  range: [0.2, 2],
  op: ({ images, texts, logitScale }) => clipLoss(images!, texts!, logitScale!),
  reference: ({ images, texts, logitScale }) => {
    const [i, t, scale] = [rows(images!), rows(texts!), logitScale!.data[0] as number];
    const oneWay = (from: number[][], to: number[][]): number =>
      mean(
        from.map((own, b) =>
          surprise(
            scale * dot(own, to[b] as number[]),
            to.map((other) => scale * dot(own, other)),
          ),
        ),
      );
    return scalar((oneWay(i, t) + oneWay(t, i)) / 2);
  },
  opClass: "composite",
  depth: ([batch, width]) => batch * width,
});

describeOp<[number, number]>("flipConsistencyLoss", {
  cases: sizes,
  runs: 3,
  shapes: (shape) => ({ a: shape, b: shape, c: shape, d: shape }),
  op: ({ a, b, c, d }) => flipConsistencyLoss(a!, b!, c!, d!),
  reference: ({ a, b, c, d }, [batch]) => {
    const [w, x, y, z] = [a!, b!, c!, d!].map(rows) as [number[][], number[][], number[][], number[][]];
    const gaps = Array.from(
      { length: batch },
      (_, i) => dot(w[i] as number[], x[i] as number[]) - dot(y[i] as number[], z[i] as number[]),
    );
    return scalar(mean(gaps.map((gap) => gap ** 2)));
  },
  opClass: "composite",
  depth: ([batch, width]) => batch * width,
});

test("the coarse and the fine task add up with their weight", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const [images, texts] = [tensor(device, [1, 0, 0, 1], [2, 2]), tensor(device, [1, 0, 1, 1], [2, 2])];
  const inputs = {
    judgmentLogits: tensor(device, [2, -1, 0.5, 1], [2, 2]),
    labels: tensor(device, [0, 1], [2], "i32"),
    weights: tensor(device, [0.5, 0.5]),
    images,
    texts,
    logitScale: 3,
  };
  const fine = await clipLoss(images, texts, 3).item();
  const coarse = await coarseToFineLoss(inputs, 0).item();
  expect(coarse).toBeCloseTo((Math.log(1 + Math.exp(-3)) + Math.log(1 + Math.exp(-0.5))) / 2, 6);
  expect(await coarseToFineLoss(inputs, 0.5).item()).toBeCloseTo(coarse + 0.5 * fine, 5);
});

test("prompts are split without repetition, or as the published code draws them", () => {
  const random = new Random(3);
  const counts = [0, 0, 0, 0, 0, 0];
  let repeated = 0;
  for (let i = 0; i < 300; i++) {
    const { first, second } = splitPrompts(random, 6, 3);
    expect([...first, ...second].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect([first.length, second.length]).toEqual([3, 3]);
    for (const prompt of first) counts[prompt]!++;
    const published = splitPrompts(random, 6, 3, { asPublished: true });
    expect(published.first).toHaveLength(3);
    expect(published.second).toHaveLength(6 - new Set(published.first).size);
    repeated += published.second.length > 3 ? 1 : 0;
  }
  for (const count of counts) expect(Math.abs(count - 150)).toBeLessThan(45);
  // With replacement, 1 - 5/6 · 4/6 = 4/9 of the draws repeat a prompt.
  expect(Math.abs(repeated / 300 - 4 / 9)).toBeLessThan(0.1);
  expect(() => splitPrompts(random, 6, 6)).toThrow("take must be from 1 to 5, got 6");
});

test("shapes and temperatures that make no sense are named", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const [x, y] = [tensor(device, [1, 2, 3, 4], [2, 2]), tensor(device, [1, 2], [1, 2])];
  expect(() => simclrLoss(x, y)).toThrow("[simclrLoss] both must be [B, D], got [2, 2] and [1, 2]");
  expect(() => simclrLoss(x, x, 0)).toThrow("temperature must be above 0, got 0");
  expect(() => supervisedContrastiveLoss(x, y)).toThrow("pairs must be [2, 2], got [1, 2]");
  expect(() => clipLoss(x, y, 1)).toThrow("[clipLoss] both must be [B, D]");
});
