/** @file Reductions over the first axis where not even a few rows are bound at once. */

import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import { measureMemory } from "../../tensor/withoutMemory.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { max } from "./extremes.ts";
import { sum } from "./sum.ts";

/** Column by column, in f64. */
function reference(x: Float64Array, n: number, of: (a: number, b: number) => number): Float64Array {
  const inner = x.length / n;
  return x.slice(0, inner).map((first, column) => {
    let all = first;
    for (let row = 1; row < n; row++) all = of(all, x[row * inner + column] as number);
    return all;
  });
}

describe("the first axis of long rows", () => {
  // Two rows a binding, one, less than one, and rows that begin where no binding may.
  it.each([
    [4, 2048],
    [9, 4096],
    [5, 9000],
    [300, 151],
    [7, 8191],
  ])("is reduced, of [%i, %i]", async (n, inner) => {
    using device = await Device.open({ maxBindingBytes: 16_384 * (n === 300 ? 10 : 1), tuned: false });
    using _scope = device.scope();
    const x = random64([n, inner], new Random(1));
    const upload = tensor(device, x.data, [n, inner]);
    const want = reference(x.data, n, (a, b) => a + b);
    assertClose("sum", await sum(upload, 0).read(), want, tolerance("reduction", n, largest(want)));
    const most = reference(Float64Array.from(Float32Array.from(x.data)), n, Math.max);
    expect(await max(upload, 0).read()).toEqual(Float32Array.from(most));
  });

  it("takes the memory of a few columns, with the limits of a device", async () => {
    using device = await Device.open({ maxBindingBytes: 2 ** 27, tuned: false });
    for (const [n, inner] of [
      [4, 4096 * 4096],
      [8, 4096 * 4096],
      [5, 8_388_608],
      [256, 131_073],
      [300, 151_671],
    ] as const) {
      const { peakBytes } = measureMemory(() => {
        using _scope = device.scope();
        sum(zeros(device, [n, inner]), 0);
      });
      expect(peakBytes).toBeLessThan(4 * inner * (n + 1) * 1.25 + 2 ** 28);
    }
  });

  it("names what is too large where neither rows nor columns can be cut", async () => {
    using device = await Device.open({ maxBindingBytes: 2048, tuned: false });
    using _scope = device.scope();
    expect(() => sum(zeros(device, [129, 31]), 0)).toThrow(/binds at most 2048 bytes|2048/);
  });
});
