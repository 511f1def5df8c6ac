/** @file Batch normalisation against its formula, in training and after. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { full, ones, tensor, zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { cast } from "../layout/cast.ts";
import { batchNorm } from "./batchNorm.ts";

interface Case {
  readonly batch: number;
  readonly channels: number;
  readonly pixels: readonly number[];
}

const eps = 0.01;
const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.constantFrom(2, 3, 17),
  channels: fc.constantFrom(1, 2, 5),
  pixels: fc.constantFrom([], [1], [3, 3], [5, 8]),
});

/** By loops over the channels; `statistics` where they are given. */
function reference(
  inputs: Record<string, Array64>,
  { batch, channels, pixels }: Case,
  given: boolean,
): Array64 {
  const { x, weight, bias } = inputs as Record<"x" | "weight" | "bias", Array64>;
  const count = pixels.reduce((a, b) => a * b, 1);
  const y = zeros64(x.shape);
  for (let channel = 0; channel < channels; channel++) {
    const places = [];
    for (let i = 0; i < batch; i++)
      for (let p = 0; p < count; p++) places.push((i * channels + channel) * count + p);
    const values = places.map((place) => x.data[place]!);
    const center = given ? 0.25 : values.reduce((a, b) => a + b, 0) / values.length;
    const spread = given ? 2 : values.reduce((a, b) => a + (b - center) ** 2, 0) / values.length;
    for (const place of places) {
      const normal = (x.data[place]! - center) / Math.sqrt(spread + eps);
      y.data[place] = normal * weight.data[channel]! + bias.data[channel]!;
    }
  }
  return y;
}

const check = (training: boolean, dtype: "f32" | "f16" = "f32"): OpCheck<Case> => ({
  cases,
  runs: dtype === "f32" ? 10 : 5,
  dtype,
  shapes: ({ batch, channels, pixels }) => ({
    x: [batch, channels, ...pixels],
    weight: [channels],
    bias: [channels],
  }),
  op: ({ x, weight, bias }, { channels }) => {
    const { device } = x!;
    const [center, spread] = [full(device, [channels], 0.25), full(device, [channels], 2)];
    const vectors = [weight!, bias!].map((vector) => cast(vector, "f32")) as [Tensor, Tensor];
    return batchNorm(x!, center, spread, ...vectors, { training, eps });
  },
  reference: (inputs, c) => reference(inputs, c, !training),
  opClass: "composite",
  depth: ({ batch, pixels }) => batch * pixels.reduce((a, b) => a * b, 1),
});

describeOp("batchNorm in training", check(true));
describeOp("batchNorm by given statistics", check(false));
describeOp("batchNorm of f16 in training", check(true, "f16"));
describeOp("batchNorm of f16 by given statistics", check(false, "f16"));

describe("batchNorm", () => {
  const vectors = (device: Device, channels: number) =>
    [
      zeros(device, [channels]),
      ones(device, [channels]),
      ones(device, [channels]),
      zeros(device, [channels]),
    ] as const;

  it("moves the running statistics in training alone, the variance by n - 1", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [, , weight, bias] = vectors(device, 70);
    const numbers = Float32Array.from({ length: 70 }, (_, i) => i);
    const [center, spread] = [
      tensor(device, numbers),
      tensor(
        device,
        numbers.map((i) => 1 + i / 8),
      ),
    ];
    const values = Float32Array.from({ length: 2 * 70 * 3 }, (_, i) => (Math.floor(i / 3) % 70) + (i % 3));
    const x = tensor(device, values, [2, 70, 3]); // each channel c holds c, c + 1, c + 2 twice
    const y = await batchNorm(x, center, spread, weight, bias, { eps: 0 }).read();
    y.forEach((value, i) => {
      const c = Math.floor(i / 3) % 70;
      expect(value).toBeCloseTo((values[i]! - c) / Math.sqrt(1 + c / 8), 4);
    });
    expect(await center.read()).toEqual(numbers);
    batchNorm(x, center, spread, weight, bias, { training: true, momentum: 0.25 });
    (await center.read()).forEach((value, c) => expect(value).toBeCloseTo(0.75 * c + (c + 1) / 4, 4));
    (await spread.read()).forEach((value, c) => expect(value).toBeCloseTo(0.75 * (1 + c / 8) + 0.8 / 4, 4));
  });

  it("does not lose a small spread about a large mean", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [center, spread, weight, bias] = vectors(device, 1);
    const x = tensor(device, [10_000, 10_001, 10_000, 10_001], [4, 1]);
    const y = await batchNorm(x, center, spread, weight, bias, { training: true, eps: 0 }).read();
    y.forEach((value, i) => expect(value).toBeCloseTo(i % 2 === 0 ? -1 : 1, 5));
  });

  it("takes batches of nothing, and names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [center, spread, weight, bias] = vectors(device, 3);
    const before = await spread.read();
    expect(batchNorm(zeros(device, [0, 3, 2]), center, spread, weight, bias).shape).toEqual([0, 3, 2]);
    const run =
      (shape: number[], training = false) =>
      () =>
        batchNorm(zeros(device, shape), center, spread, weight, bias, { training });
    expect(run([2, 4])).toThrow("[batchNorm] runningMean must be [4] f32, got [3] f32");
    expect(run([3])).toThrow("[batchNorm] x must be [B, C, ...] f32 or f16, got [3] f32");
    expect(run([1, 3], true)).toThrow("[batchNorm] [1, 3] has one value a channel, which has no variance");
    for (const momentum of [5, -0.1, NaN]) {
      const move = () =>
        batchNorm(zeros(device, [2, 3]), center, spread, weight, bias, { training: true, momentum });
      expect(move).toThrow(RangeError);
      expect(move).toThrow(`[batchNorm] momentum must be 0 to 1, the share of the batch, got ${momentum}`);
    }
    expect(await spread.read()).toEqual(before);
  });
});
