/** @file Tensors in scopes and under a memory budget: what is freed, what is kept, what is refused. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { capture } from "../tensor/capture.ts";
import { ones, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { add } from "./elementwise/binary.ts";
import { addScalar, gelu, scale, square } from "./elementwise/unary.ts";
import { reshape } from "./layout/reshape.ts";
import { sum } from "./reduce/sum.ts";

describe("a scope of tensors", () => {
  it("frees what it does not keep, nested as deep as one likes", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    let kept: Tensor;
    {
      using outer = device.scope();
      const x = ones(device, [3]);
      {
        using inner = device.scope();
        const y = scale(x, 2);
        kept = inner.keep(scale(y, 2));
        expect(inner.size).toBe(1);
      }
      expect(outer.size).toBe(2); // x, kept
      expect(device.stats.live).toBe(live + 2);
      expect(await kept.read()).toEqual(Float32Array.of(4, 4, 4));
      outer.keep(kept);
    }
    expect(device.stats.live).toBe(live + 1);
    expect(await kept.read()).toEqual(Float32Array.of(4, 4, 4));
    kept.dispose();
    kept.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("frees memory once, when the last view of it goes", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    let view: Tensor;
    {
      using scope = device.scope();
      view = scope.keep(reshape(tensor(device, [1, 2, 3, 4]), [2, 2]));
    }
    expect(device.stats.live).toBe(live + 1);
    expect(await view.read()).toEqual(Float32Array.of(1, 2, 3, 4));
    view.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("lets go of a tensor that was disposed of in a scope within", async () => {
    const device = await testDevice();
    using outer = device.scope();
    const x = zeros(device, [2]);
    {
      using _inner = device.scope();
      x.dispose();
    }
    expect(outer.size).toBe(0);
  });

  it("makes every use of a freed tensor an error", async () => {
    const device = await testDevice();
    let lost: Tensor;
    {
      using _scope = device.scope();
      lost = zeros(device, [2, 3]);
    }
    const message = "a tensor of [2, 3] was used after its scope ended: keep it with scope.keep(tensor)";
    expect(() => add(lost, lost)).toThrow(`[add] ${message}`);
    expect(() => reshape(lost, [6])).toThrow(`[reshape] ${message}`);
    expect(() => lost.write(new Float32Array(6))).toThrow(`[write] ${message}`);
    await expect(lost.read()).rejects.toThrow(`[read] ${message}`);
  });

  it("says of a freed tensor whether its owner or its step let go of it", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const own = zeros(device, [2]);
    own.dispose();
    expect(() => square(own)).toThrow(
      "[square] a tensor of [2] was used after it, or what it is a part of, was disposed of: do that once nothing uses it",
    );
    const made: Tensor[] = [];
    const step = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      made.push(square(x));
      return { x, y: made.at(-1) as Tensor };
    });
    const given = { x: { shape: [1], data: Float32Array.of(3) } };
    const { x } = step.run(given);
    step.run(given);
    expect(() => square(made[1] as Tensor)).toThrow(
      "was recorded a second time, to be compared: use what run returns",
    );
    step.dispose();
    expect(() => square(x)).toThrow(
      "was used after the captured step that made it was disposed of: read it before",
    );
  });

  it("makes it an error to free what a gradient needs", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = ones(device, [2, 3]);
    const forward = () => {
      using inner = device.scope();
      return inner.keep(gelu(square(x)));
    };
    expect(() => valueAndGrad(() => sum(forward()), new Map([["x", x]]))).toThrow(
      "[gelu.backward.x] a tensor of [2, 3] was used after its scope ended",
    );
  });

  it("stands aside for what is made unscoped", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    let free: Tensor;
    {
      using scope = device.scope();
      free = device.unscoped(() => zeros(device, [2]));
      expect(scope.size).toBe(0);
      zeros(device, [2]);
      expect(scope.size).toBe(1);
    }
    expect(device.stats.live).toBe(live + 1);
    free.dispose();
  });
});

describe("a memory budget", () => {
  it("names the tensor, its shape and the budget", async () => {
    const device = await Device.open({ memoryBudgetBytes: 4096 });
    using _scope = device.scope();
    expect(() => zeros(device, [64, 64])).toThrow("tensor, a tensor of [64, 64] f32, needs 16384 bytes");
  });

  it("submits recorded work before it destroys the buffers of that work", async () => {
    const device = await Device.open({ memoryBudgetBytes: 4096 });
    using _scope = device.scope();
    const x = tensor(device, [1, 2]);
    const first = addScalar(x, 1);
    const second = addScalar(first, 1);
    first.dispose();
    const large = zeros(device, [3584 / 4]); // fits once the memory of `first` is gone
    expect(await second.read()).toEqual(Float32Array.of(3, 4));
    expect(await large.read()).toEqual(new Float32Array(896));
  });
});
