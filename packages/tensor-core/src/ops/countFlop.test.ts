/** @file Counted operations of products and attention against their formulas: eager, split and replayed. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { capture } from "../tensor/capture.ts";
import { zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { attention } from "./attention/attention.ts";
import { matmul } from "./matmul/matmul.ts";
import { sum } from "./reduce/sum.ts";

const device = await testDevice();

const product = (on: Device, m: number, k: number, n: number) =>
  on.countFlop(() => matmul(zeros(on, [m, k]), zeros(on, [k, n])));

describe("countFlop", () => {
  it("counts two operations a multiply-add of a product, whatever its storage, parts and splits", async () => {
    expect(await product(device, 5, 7, 11)).toBe(2 * 5 * 7 * 11);
    // Few outputs and a great depth: the depth is split.
    expect(await product(device, 4, 5000, 4)).toBe(2 * 4 * 5000 * 4);
    const batched = () => matmul(zeros(device, [3, 4, 8]), zeros(device, [3, 8, 5], "f32"));
    expect(await device.countFlop(batched)).toBe(2 * 3 * 4 * 8 * 5);
    const narrow = await Device.open({ maxBindingBytes: 1 << 16 });
    expect(await product(narrow, 8, 256, 100)).toBe(2 * 8 * 256 * 100);
    expect(await device.countFlop(() => sum(zeros(device, [9])))).toBe(0);
  });

  it.each([
    [9, 8],
    [40, 64],
    [70, 128],
  ])(
    "counts attention's products forward and backward, for %i tokens and heads of %i",
    async (tokens, dim) => {
      const [batch, heads, keyHeads] = [2, 4, 2];
      const q = zeros(device, [batch, tokens, heads, dim]);
      const [k, v] = [0, 1].map(() => zeros(device, [batch, tokens, keyHeads, dim])) as [Tensor, Tensor];
      const one = 2 * batch * heads * tokens * tokens * dim;
      expect(await device.countFlop(() => attention(q, k, v))).toBe(2 * one);
      const both = await device.countFlop(() =>
        valueAndGrad(() => sum(attention(q, k, v)), new Map(Object.entries({ q, k, v }))),
      );
      // Shared kernels keep the weights of a pass: 5 products. Plain ones compute them for each side: 3 and 4.
      expect([2 + 5, 2 + 3 + 4].map((products) => products * one)).toContain(both);
    },
  );

  it("counts a replayed step each time, and nothing outside", async () => {
    const a = zeros(device, [6, 10]);
    using step = capture(device, ({ b }: Readonly<Record<"b", Tensor>>) => ({ y: matmul(a, b) }));
    const input = { b: { shape: [10, 3], data: new Float32Array(30) } };
    const runs = (times: number) =>
      device.countFlop(() => {
        for (let time = 0; time < times; time++) step.run(input);
      });
    await runs(1);
    expect(await runs(3)).toBe(3 * 2 * 6 * 10 * 3);
    matmul(a, zeros(device, [10, 3]));
    expect(await device.countFlop(() => undefined)).toBe(0);
  });
});
