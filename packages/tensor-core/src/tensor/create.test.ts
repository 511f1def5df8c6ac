/** @file Tensors like others. */

import { describe, expect, it } from "vitest";
import { testDevice } from "../testing/testDevice.ts";
import { onesLike, tensor, zerosLike } from "./create.ts";

describe("zerosLike and onesLike", () => {
  it.each(["f32", "f16", "i32", "u32"] as const)("take shape and dtype from %s", async (dtype) => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const shape of [[], [0, 3], [5], [3, 7]]) {
      let size = 1;
      for (const n of shape) size *= n;
      const values = Array.from({ length: size }, (_, i) => i + 2);
      const x = tensor(device, values, shape, dtype);
      for (const [y, value] of [
        [zerosLike(x), 0],
        [onesLike(x), 1],
      ] as const) {
        expect([y.shape, y.dtype]).toEqual([shape, dtype]);
        expect([...(await y.read())]).toEqual(values.map(() => value));
      }
      expect([...(await x.read())]).toEqual(values); // memory of their own
    }
  });

  it("name a tensor that was freed", async () => {
    const device = await testDevice();
    const x = tensor(device, [1]);
    x.dispose();
    expect(() => zerosLike(x)).toThrow("[zerosLike] a tensor of [1] was used after its scope ended");
    expect(() => onesLike(x)).toThrow("[onesLike] a tensor of [1] was used after its scope ended");
  });
});
