/** @file Batch normalisation of x that the device does not bind at once: by items of the batch; f16 beside f32. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { full, ones, tensor, zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { fromFloat16, toFloat16 } from "../../tensor/float16.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { narrowDevice, testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { addScalar } from "../elementwise/unary.ts";
import { cast } from "../layout/cast.ts";
import { sum } from "../reduce/sum.ts";
import { batchNorm } from "./batchNorm.ts";

interface Case {
  readonly shape: readonly [batch: number, channels: number, pixels: number];
  readonly dtype: "f32" | "f16";
  readonly training: boolean;
}

/** Each item about a mean of its own, so that the parts of a batch differ; what f16 holds. */
function valuesOf({ shape }: Case): Float32Array {
  const [, channels, pixels] = shape;
  const noise = random64(shape, new Random(3)).data;
  return fromFloat16(
    toFloat16(noise.map((value, i) => value + 3 + (Math.floor(i / (channels * pixels)) % 7))),
  );
}

/** One more; what an elementwise kernel writes has no zeros behind its end. */
const beyond = (x: Tensor): Tensor => addScalar(x, 1);

/** The result, its gradients and the running statistics, by name. */
async function results(device: Device, c: Case): Promise<Map<string, ArrayLike<number>>> {
  using _scope = device.scope();
  const channels = c.shape[1];
  const x = beyond(tensor(device, valuesOf(c), c.shape, c.dtype));
  const vector = (seed: number) => tensor(device, random64([channels], new Random(seed), 0.5, 1.5).data);
  const [weight, bias, center, spread] = [vector(4), vector(5), vector(6), vector(7)];
  const factors = beyond(tensor(device, random64(c.shape, new Random(8)).data, c.shape));
  const { grads } = valueAndGrad(
    () => {
      const y = batchNorm(x, center, spread, weight, bias, { training: c.training, eps: 0.5 });
      return sum(mul(cast(y, "f32"), factors));
    },
    new Map(Object.entries({ x, weight, bias })),
  );
  const found = new Map<string, ArrayLike<number>>();
  for (const [name, gradient] of grads) found.set(`d${name}`, await gradient.read());
  found.set("runningMean", await center.read()).set("runningVar", await spread.read());
  const y = batchNorm(x, center, spread, weight, bias, { training: c.training, eps: 0.5 });
  expect(y.dtype).toBe(c.dtype);
  expect(grads.get("x")!.dtype).toBe(c.dtype);
  return found.set("y", await y.read());
}

/** Mean and variance of each channel, in f64. */
function moments(c: Case): (readonly [mean: number, variance: number])[] {
  const [batch, channels, pixels] = c.shape;
  const x = valuesOf(c);
  return Array.from({ length: channels }, (_, channel) => {
    const values = Array.from({ length: batch * pixels }, (_unused, i) => {
      return x[(Math.floor(i / pixels) * channels + channel) * pixels + (i % pixels)]!;
    });
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1)];
  });
}

describe("batchNorm beyond one binding", () => {
  const cases: readonly (readonly [Case, limit: number])[] = [
    [{ shape: [9, 6, 64], dtype: "f32", training: true }, 4000], // parts of 2 items and of 1
    [{ shape: [9, 6, 64], dtype: "f32", training: false }, 4000],
    [{ shape: [9, 6, 64], dtype: "f16", training: true }, 4000],
    [{ shape: [257, 5, 3], dtype: "f32", training: true }, 8000], // parts of 128 items and of 1
    [{ shape: [257, 5, 3], dtype: "f16", training: true }, 4000],
    [{ shape: [300, 70, 1], dtype: "f16", training: false }, 40_000],
  ];
  it.each(cases)("goes through items of %o", async (c, limit) => {
    const [batch, , pixels] = c.shape;
    const whole = await results(await testDevice(), c);
    const parts = await results(await narrowDevice(limit), c);
    for (const [name, values] of whole) {
      const dtype = name === "y" || name === "dx" ? c.dtype : "f32";
      const bound = tolerance("reduction", batch * pixels, largest(values), dtype);
      assertClose(name, parts.get(name)!, values, bound);
    }
    // Given statistics leave no sum behind y.
    if (!c.training) expect(parts.get("y")).toEqual(whole.get("y"));
  });

  it.each(["f32", "f16"] as const)("has the statistics of %s in f32, whole and in parts", async (dtype) => {
    const c: Case = { shape: [20, 2, 64], dtype, training: true };
    for (const device of [await testDevice(), await narrowDevice(4000)]) {
      using _scope = device.scope();
      const [center, spread] = [zeros(device, [2]), zeros(device, [2])];
      const x = tensor(device, valuesOf(c), c.shape, dtype);
      batchNorm(x, center, spread, ones(device, [2]), zeros(device, [2]), { training: true, momentum: 1 });
      const [means, variances] = [await center.read(), await spread.read()];
      moments(c).forEach(([mean, variance], channel) => {
        assertClose("mean", [means[channel]!], [mean], tolerance("reduction", 1280, mean));
        assertClose("variance", [variances[channel]!], [variance], tolerance("reduction", 1280, variance));
      });
    }
  });

  it("does not lose a small spread about a large mean", async () => {
    const device = await narrowDevice(4000);
    using _scope = device.scope();
    const values = Float32Array.from({ length: 20 * 128 }, (_, i) => 10_000 + (i % 2));
    const [center, spread, weight, bias] = [0, 1, 1, 0].map((value) => full(device, [1], value));
    const x = tensor(device, values, [20, 1, 128]);
    const y = await batchNorm(x, center!, spread!, weight!, bias!, { training: true, eps: 0 }).read();
    y.forEach((value, i) => expect(value).toBeCloseTo(i % 2 === 0 ? -1 : 1, 4));
  });

  it("refuses an item that is more than one binding by name", async () => {
    const device = await narrowDevice(4000);
    using _scope = device.scope();
    const [center, spread, weight, bias] = [0, 1, 1, 0].map((value) => full(device, [1], value));
    expect(() =>
      batchNorm(full(device, [2, 1, 1024], 1), center!, spread!, weight!, bias!, { training: true }),
    ).toThrow(
      "[batchNorm.statistics.part] x has 8192 bytes, more than the 4000 that this device binds at once",
    );
  });
});
