/** @file conv2d and pooling against loops over pixels. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { cast } from "../layout/cast.ts";
import { avgPool2d, conv2d, maxPool2d } from "./conv2d.ts";
import { unfold } from "./unfold.ts";

interface Case {
  readonly batch: number;
  readonly groups: number;
  readonly depth: number;
  readonly filters: number;
  readonly image: [number, number];
  readonly kernel: [number, number];
  readonly stride: [number, number];
  readonly padding: number;
  readonly dilation: number;
}

const side = fc.constantFrom(5, 6, 7, 8, 11);
const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.constantFrom(1, 2),
  groups: fc.constantFrom(1, 2),
  depth: fc.constantFrom(1, 3),
  filters: fc.constantFrom(1, 2),
  image: fc.tuple(side, side),
  kernel: fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 3)),
  stride: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 3)),
  padding: fc.constantFrom(0, 1, 2),
  dilation: fc.constantFrom(1, 2),
});

const check: OpCheck<Case> = {
  cases,
  runs: 24,
  shapes: ({ batch, groups, depth, filters, image, kernel }) => ({
    x: [batch, groups * depth, ...image],
    weight: [groups * filters, depth, ...kernel],
    bias: [groups * filters],
  }),
  op: ({ x, weight, bias }, { groups, stride, padding, dilation }) =>
    conv2d(x!, weight!, { bias, groups, stride, padding, dilation }),
  reference: ({ x, weight, bias }, c) => {
    const [height, width] = c.image;
    const [kh, kw] = c.kernel;
    const count = (n: number, k: number, s: number) =>
      Math.floor((n + 2 * c.padding - c.dilation * (k - 1) - 1) / s) + 1;
    const [rows, columns] = [count(height, kh, c.stride[0]), count(width, kw, c.stride[1])];
    const outputs = c.groups * c.filters;
    const y = zeros64([c.batch, outputs, rows, columns]);
    y.data.forEach((_, at) => {
      const column = at % columns;
      const row = Math.floor(at / columns) % rows;
      const output = Math.floor(at / columns / rows) % outputs;
      const image = Math.floor(at / columns / rows / outputs);
      let total = bias!.data[output]!;
      for (let d = 0; d < c.depth; d++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const v = row * c.stride[0] + i * c.dilation - c.padding;
            const u = column * c.stride[1] + j * c.dilation - c.padding;
            if (v < 0 || v >= height || u < 0 || u >= width) continue;
            const channel = Math.floor(output / c.filters) * c.depth + d;
            const pixel = ((image * c.groups * c.depth + channel) * height + v) * width + u;
            total += (x as Array64).data[pixel]! * weight!.data[((output * c.depth + d) * kh + i) * kw + j]!;
          }
      y.data[at] = total;
    });
    return y;
  },
  opClass: "product",
  depth: () => 300,
};
describeOp("conv2d", check);
describeOp("conv2d of f16", { ...check, dtype: "f16", runs: 4 });

describe("conv2d", () => {
  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [1, 4, 5, 5]);
    const weight = zeros(device, [6, 4, 3, 3]);
    expect(() => conv2d(x, zeros(device, [6, 3, 3, 3]))).toThrow(
      "[conv2d] weight must be [O, 4, height, width] for x [1, 4, 5, 5], got [6, 3, 3, 3]",
    );
    expect(() => conv2d(x, weight, { groups: 3 })).toThrow(
      "[conv2d] 3 groups do not divide 4 channels into 6",
    );
    expect(() => conv2d(x, weight, { bias: zeros(device, [5]) })).toThrow(
      "[conv2d] bias must be [6], got [5]",
    );
    expect(() => conv2d(x, weight, { dilation: 3 })).toThrow(
      "[conv2d] no window of 3 x 3 fits images of 5 x 5: pad them",
    );
    expect(() => conv2d(x, weight, { stride: 0 })).toThrow(
      "[conv2d] stride must be whole and at least 1, got 0 x 0",
    );
    expect(() => conv2d(cast(x, "f16"), weight)).toThrow(
      "[conv2d] weight must be f16 as x, got f32: cast one",
    );
    expect(() => conv2d(x, cast(weight, "i32"))).toThrow(
      "[conv2d] weight must be f32 as x, got i32: cast one",
    );
    expect(() => conv2d(x, weight, { bias: zeros(device, [6], "f16") })).toThrow(
      "[conv2d] bias must be f32 as x, got f16: cast one",
    );
    expect(conv2d(x, cast(weight, "f16")).shape).toEqual([1, 6, 3, 3]);
    const wrongImages = "x must be [B, C, H, W] f32 or f16, got";
    expect(() => conv2d(zeros(device, [4, 5, 5]), weight)).toThrow(`[conv2d] ${wrongImages} [4, 5, 5] f32`);
    expect(() => conv2d(cast(x, "u32"), weight)).toThrow(`[conv2d] ${wrongImages} [1, 4, 5, 5] u32`);
    expect(() => maxPool2d(zeros(device, [4, 5, 5], "f16"), 2)).toThrow(
      `[maxPool2d] ${wrongImages} [4, 5, 5] f16`,
    );
    expect(() => avgPool2d(cast(x, "i32"), 2)).toThrow(`[avgPool2d] ${wrongImages} [1, 4, 5, 5] i32`);
    expect(() => unfold(cast(x, "f16"), 2)).toThrow(
      "[unfold] x must be [B, C, H, W] f32, got [1, 4, 5, 5] f16",
    );
  });
});

describe("pooling", () => {
  it("takes the largest and the mean of each window", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(
      device,
      Array.from({ length: 16 }, (_, i) => (i * 7) % 16),
      [1, 1, 4, 4],
    );
    // 0 7 14 5 / 12 3 10 1 / 8 15 6 13 / 4 11 2 9
    expect(await maxPool2d(x, 2).read()).toEqual(Float32Array.of(12, 14, 15, 13));
    expect(await maxPool2d(cast(x, "f16"), 2).read()).toEqual(Float32Array.of(12, 14, 15, 13));
    expect(avgPool2d(cast(x, "f16"), 2).dtype).toBe("f16");
    expect(await avgPool2d(x, 2).read()).toEqual(Float32Array.of(5.5, 7.5, 9.5, 7.5));
    expect(maxPool2d(x, [4, 2], { stride: 1 }).shape).toEqual([1, 1, 1, 3]);
    expect(await avgPool2d(ones(device, [2, 3, 4, 4]), 4).read()).toEqual(new Float32Array(6).fill(1));
  });
});
