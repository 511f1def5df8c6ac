/** @file Training in f16 with f32 master weights and a scaled loss, beside training in f32. */

import { expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { relu } from "../ops/elementwise/unary.ts";
import { cast } from "../ops/layout/cast.ts";
import { mseLoss } from "../ops/loss/losses.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { uniform } from "../nn/initialize.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW } from "./adamW.ts";
import { LossScaler } from "./lossScaler.ts";

async function train(device: Device, dtype: "f32" | "f16"): Promise<number[]> {
  const random = new Random(2);
  const params = new Map([
    ["first", uniform(device, [8, 32], random, 0.5)],
    ["second", uniform(device, [32, 4], random, 0.3)],
  ]);
  const x = uniform(device, [64, 8], random, 1);
  const target = tensor(
    device,
    Float32Array.from({ length: 64 * 4 }, () => random.uniform(-1, 1)),
    [64, 4],
  );
  // The first steps overflow: the scale backs off until gradients fit.
  const scaler = new LossScaler(device, { initialScale: 2 ** 24 });
  const optimizer = new AdamW(params, { learningRate: 0.01 });
  const losses: number[] = [];
  for (let step = 0; step < 40; step++) {
    using _scope = device.scope();
    const half = (name: string) => cast(params.get(name)!, dtype);
    const { value, grads } = valueAndGrad(() => {
      const hidden = relu(matmul(cast(x, dtype), half("first")));
      return scaler.scaleLoss(mseLoss(cast(matmul(hidden, half("second")), "f32"), target));
    }, params);
    const scale = scaler.scale;
    const unscaled = scaler.unscale(grads);
    if (await scaler.update()) optimizer.step(unscaled);
    losses.push((await value.item()) / scale);
  }
  expect(scaler.scale < 2 ** 24).toBe(dtype === "f16");
  scaler.dispose();
  return losses;
}

it("reaches the loss of f32 after it has found its scale", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const [full, half] = [await train(device, "f32"), await train(device, "f16")];
  const skipped = half.findIndex((loss) => loss !== half[0]) - 1;
  expect(skipped).toBeGreaterThan(0);
  const last = full.length - 1;
  expect(full[last]! / full[0]!).toBeLessThan(0.9);
  expect(half[last]! / full[last - skipped]!).toBeCloseTo(1, 1);
});
