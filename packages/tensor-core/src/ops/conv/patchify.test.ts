/** @file patchify against a loop over pixels. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zeros } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { patchify } from "./patchify.ts";

interface Case {
  readonly batch: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
}

describeOp<Case>("patchify", {
  cases: fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: fc.constantFrom(1, 3),
    rows: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 4 }),
    size: fc.constantFrom(1, 2, 3, 8),
  }),
  shapes: ({ batch, channels, rows, columns, size }) => ({
    x: [batch, channels, rows * size, columns * size],
  }),
  op: ({ x }, { size }) => patchify(x!, size),
  reference: ({ x }, { batch, channels, rows, columns, size }) => {
    const y = zeros64([batch, rows * columns, channels * size * size]);
    const [height, width] = [rows * size, columns * size];
    for (let b = 0; b < batch; b++)
      for (let c = 0; c < channels; c++)
        for (let v = 0; v < height; v++)
          for (let u = 0; u < width; u++) {
            const patch = Math.floor(v / size) * columns + Math.floor(u / size);
            const inside = (c * size + (v % size)) * size + (u % size);
            const to = (b * rows * columns + patch) * channels * size * size + inside;
            y.data[to] = x!.data[((b * channels + c) * height + v) * width + u]!;
          }
    return y;
  },
  opClass: "copy",
});

describe("patchify", () => {
  it("names images that do not divide", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => patchify(zeros(device, [1, 3, 32, 30]), 8)).toThrow(
      "[patchify] 32 x 30 pixels do not divide into patches of 8 x 8",
    );
    expect(() => patchify(zeros(device, [3, 32, 32]), 8)).toThrow(
      "[patchify] x must be [B, C, H, W], got [3, 32, 32]",
    );
  });
});
