/** @file Checkpointed blocks: the same bits in less memory. */

import { describe, expect, it } from "vitest";
import { checkpoint, freeAfter, noGrad, valueAndGrad } from "../autograd/tape.ts";
import { full, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { measureMemory } from "../tensor/withoutMemory.ts";
import { testDevice } from "../testing/testDevice.ts";
import { add, mul } from "./elementwise/binary.ts";
import { gelu, scale, square } from "./elementwise/unary.ts";
import { reshape } from "./layout/reshape.ts";
import { matmul } from "./matmul/matmul.ts";
import { batchNorm } from "./normalize/batchNorm.ts";
import { rmsNorm } from "./normalize/rmsNorm.ts";
import { sum } from "./reduce/sum.ts";

type Wrap = (fn: (x: Tensor) => Tensor, x: Tensor) => Tensor;
const plain: Wrap = (fn, x) => fn(x);
const checkpointed: Wrap = (fn, x) => checkpoint(fn, x);
const freed: Wrap = (fn, x) => freeAfter(x.device, () => fn(x));

/** Residual blocks that share a weight, so that its gradient is added up across blocks; the last result is a view. */
function network(device: Device, blocks: number) {
  const random = new Random(3);
  const draw = (...shape: number[]) =>
    tensor(
      device,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, 0.3)),
      shape,
    );
  const params = new Map([
    ["x", draw(3, 4, 16)],
    ["gain", draw(16)],
    ["w1", draw(16, 64)],
    ["w2", draw(64, 16)],
  ]);
  const p = (name: string) => params.get(name) as Tensor;
  const loss = (wrap: Wrap) => {
    let x = p("x");
    for (let i = 0; i < blocks; i++) {
      x = wrap((z) => {
        const hidden = gelu(matmul(rmsNorm(z, p("gain")), p("w1")));
        const inner = wrap((h) => matmul(square(h), p("w2")), hidden);
        return reshape(add(z, inner), [12, 16]);
      }, x);
      x = reshape(x, [3, 4, 16]);
    }
    return sum(mul(x, x));
  };
  return { params, loss };
}

describe("checkpoint", () => {
  it("does its work on the host, and moves running statistics, once", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1, 2, 4, 9], [2, 2]);
    const [weight, bias] = [full(device, [2], 1), zeros(device, [2])];
    const means: Float32Array[] = [];
    for (const wrap of [plain, checkpointed]) {
      const [mean, variance] = [zeros(device, [2]), full(device, [2], 1)];
      let steps = 0;
      const block = (t: Tensor) => {
        device.eachStep(() => void steps++);
        return batchNorm(t, mean, variance, weight, bias, { training: true });
      };
      const { grads } = valueAndGrad(() => sum(square(wrap(block, x))), new Map([["x", x]]));
      await grads.get("x")!.read();
      expect(steps).toBe(1);
      means.push(await mean.read(), await variance.read());
    }
    expect(means.slice(2)).toEqual(means.slice(0, 2));
    expect(means[0]).not.toEqual(new Float32Array(2));
  });

  it("changes no bit of the value or of any gradient, nested and with shared weights", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const { params, loss } = network(device, 3);
    const want = valueAndGrad(() => loss(plain), params);
    const got = valueAndGrad(() => loss(checkpointed), params);
    expect(await got.value.item()).toBe(await want.value.item());
    expect([...got.grads.keys()]).toEqual([...want.grads.keys()]);
    for (const [name, gradient] of want.grads) {
      expect(await got.grads.get(name)?.read(), name).toEqual(await gradient.read());
    }
  });

  it("adds to the gradient of an input that it only views", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [2, 3]);
    const { grads } = valueAndGrad(
      () => {
        const viewed = checkpoint((t) => reshape(t, [2, 1]), x);
        return add(sum(square(viewed)), sum(scale(x, 10)));
      },
      new Map([["x", x]]),
    );
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(14, 16));
  });

  it("keeps one tensor a block, and leaves the gradients alone behind", async () => {
    const peaks: number[] = [];
    for (const wrap of [plain, checkpointed]) {
      const device = await Device.open();
      using _scope = device.scope();
      const { params, loss } = network(device, 12);
      const before = device.stats;
      {
        using inner = device.scope();
        const { value, grads } = valueAndGrad(() => loss(wrap), params);
        for (const gradient of grads.values()) inner.keep(gradient);
        await value.item();
        peaks.push(device.stats.peakBytes - before.usedBytes);
      }
      expect(device.stats.live).toBe(before.live + params.size);
    }
    expect(peaks[1]).toBeLessThan((peaks[0] as number) / 3);
  });

  it("is the function itself where nothing is differentiated", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [2]);
    const runs: string[] = [];
    const twice = (t: Tensor) => {
      runs.push("run");
      return scale(t, 2);
    };
    expect(await checkpoint(twice, x).item()).toBe(4);
    const { grads } = valueAndGrad(
      () => {
        const constant = noGrad(() => checkpoint(twice, x));
        const other = checkpoint(twice, tensor(device, [1]));
        return mul(
          mul(
            checkpoint((t) => t, x),
            constant,
          ),
          other,
        );
      },
      new Map([["x", x]]),
    );
    expect(await grads.get("x")?.item()).toBe(8);
    expect(runs.length).toBe(3); // nothing was run again
  });
});

describe("freeAfter", () => {
  it("changes no bit of the value or of any gradient", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const { params, loss } = network(device, 3);
    const want = valueAndGrad(() => loss(plain), params);
    const got = valueAndGrad(() => loss(freed), params);
    expect(await got.value.item()).toBe(await want.value.item());
    expect(await noGrad(() => loss(freed)).item()).toBe(await want.value.item());
    for (const [name, gradient] of want.grads) {
      expect(await got.grads.get(name)?.read(), name).toEqual(await gradient.read());
    }
  });

  it("takes the memory of one block where no gradient goes through it, on a tape or not", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const peak = (blocks: number, wrap: Wrap, tape: boolean) => {
      const { params, loss } = network(device, blocks);
      const other = tensor(device, [3]);
      const step = () => mul(loss(wrap), other);
      return measureMemory(() => {
        using _inner = device.scope();
        if (tape) valueAndGrad(step, new Map([["other", other]]));
        else step();
        expect(params.size).toBe(4);
      }).peakBytes;
    };
    for (const tape of [false, true]) {
      const growth = (peak(12, freed, tape) - peak(2, freed, tape)) / 10;
      // The result of a block, [12, 16] f32, and no more.
      expect(growth).toBe(768);
      expect((peak(12, plain, tape) - peak(2, plain, tape)) / 10).toBeGreaterThan(8 * growth);
    }
  });

  it("hands its result to the scope around it", async () => {
    const device = await testDevice();
    const x = tensor(device, [2, 3]);
    {
      using scope = device.scope();
      const y = freeAfter(device, () => square(square(x)));
      expect(scope.size).toBe(1);
      expect(await y.read()).toEqual(Float32Array.of(16, 81));
      expect(freeAfter(device, () => x)).toBe(x);
    }
    x.assertLive("test");
    x.dispose();
  });
});
