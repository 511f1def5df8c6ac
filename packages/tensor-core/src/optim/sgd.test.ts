/** @file Plain SGD on a few numbers. */

import { describe, expect, it } from "vitest";
import { reshape } from "../ops/layout/reshape.ts";
import { full, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { testDevice } from "../testing/testDevice.ts";
import { sgdStep } from "./sgd.ts";

describe("sgdStep", () => {
  it("moves each parameter against its gradient, in place", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = new Map([
      ["a", tensor(device, [1, 2, 3, 4, 5])],
      ["b", tensor(device, [1])],
    ]);
    sgdStep(params, new Map([["a", tensor(device, [4, 0, -4, 2, 8])]]), 0.25);
    expect(await params.get("a")!.read()).toEqual(Float32Array.of(0, 2, 4, 3.5, 3));
    expect(await params.get("b")!.read()).toEqual(Float32Array.of(1));
  });

  it("moves more parameters than one dispatch holds, and those that no binding holds at once", async () => {
    const device = await Device.open({ maxBindingBytes: 1024 });
    using _scope = device.scope();
    const sizes = [3, 700, 1, 256, 257, 5];
    const all = (value: (i: number) => number) =>
      new Map(sizes.map((size, i) => [`${i}`, full(device, [size], value(i))]));
    const params = all((i) => i);
    sgdStep(
      params,
      all(() => 4),
      0.5,
    );
    for (const [i, size] of sizes.entries()) {
      expect(await params.get(`${i}`)!.read()).toEqual(new Float32Array(size).fill(i - 2));
    }
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = new Map([["a", zeros(device, [2])]]);
    expect(() => sgdStep(params, new Map([["a", zeros(device, [3])]]), 1)).toThrow(
      "[sgdStep] the gradient of a must be [2] f32, got [3] f32",
    );
    const view = reshape(params.get("a")!, [2, 1]);
    const tied = new Map([
      ["a", params.get("a")!],
      ["b", view],
    ]);
    expect(() => sgdStep(tied, tied, 1)).toThrow(
      "[sgdStep] a and b are one tensor and would be updated twice",
    );
  });
});
