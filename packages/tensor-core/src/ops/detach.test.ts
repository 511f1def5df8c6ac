/** @file Gradients that stop at a detached tensor, which shares the memory of its source. */

import { describe, expect, it } from "vitest";
import { detach } from "../autograd/detach.ts";
import { checkpoint, valueAndGrad } from "../autograd/tape.ts";
import { capture } from "../tensor/capture.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { mul } from "./elementwise/binary.ts";
import { square } from "./elementwise/unary.ts";
import { reshape } from "./layout/reshape.ts";
import { sum } from "./reduce/sum.ts";

/** sum(x c²) with c = x for a constant, so that the gradient is x² and not 3x². */
const loss = (x: Tensor) => sum(mul(x, square(detach(x))));

describe("detach", () => {
  it("stops the gradient, of a parameter, a value, a view and in a checkpoint", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [2, -3, 4]);
    const gradientOf = async (fn: () => Tensor) =>
      valueAndGrad(fn, new Map([["x", x]]))
        .grads.get("x")
        ?.read();
    const want = Float32Array.of(4, 9, 16);
    expect(await gradientOf(() => loss(x))).toEqual(want);
    expect(await gradientOf(() => checkpoint(loss, x))).toEqual(want);
    expect(await gradientOf(() => sum(mul(x, detach(square(x)))))).toEqual(want);
    expect(await gradientOf(() => sum(mul(x, reshape(detach(reshape(square(x), [3, 1])), [3]))))).toEqual(
      want,
    );
    expect(await gradientOf(() => sum(detach(x)))).toBeUndefined();
  });

  it("shares memory, which goes with the last of both, and keeps the dtype", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const x = tensor(device, [1, 2, 3, 4, 5, 6], [2, 3], "f16");
    const y = detach(x);
    expect([y.shape, y.dtype, device.stats.live]).toEqual([[2, 3], "f16", live + 1]);
    x.write([6, 5, 4, 3, 2, 1]);
    x.dispose();
    expect([...(await y.read())]).toEqual([6, 5, 4, 3, 2, 1]);
    y.dispose();
    expect(device.stats.live).toBe(live);
    expect(() => detach(x)).toThrow(
      "[detach] a tensor of [2, 3] was used after it, or what it is a part of, was disposed of",
    );
  });

  it("can be captured", async () => {
    const device = await testDevice();
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({
      dx: valueAndGrad(() => loss(x), new Map([["x", x]])).grads.get("x") as Tensor,
    }));
    for (const value of [2, 3, 4]) {
      const { dx } = captured.run({ x: { shape: [2], data: Float32Array.of(value, 1) } });
      expect(await dx.read()).toEqual(Float32Array.of(value ** 2, 1));
    }
  });
});
