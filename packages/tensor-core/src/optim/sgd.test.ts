/** @file Plain SGD on a few numbers. */

import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../tensor/create.ts";
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

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const params = new Map([["a", zeros(device, [2])]]);
    expect(() => sgdStep(params, new Map([["a", zeros(device, [3])]]), 1)).toThrow(
      "[sgdStep] the gradient of a must be [2], got [3]",
    );
  });
});
