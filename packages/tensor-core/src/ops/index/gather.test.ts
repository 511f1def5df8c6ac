/** @file gather, take and oneHot against loops. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arange, eye, linspace, tensor, zeros } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { gather, oneHot, take } from "./gather.ts";

interface Case {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly ids: number[];
}

const cases = (perLine: boolean): fc.Arbitrary<Case> =>
  fc
    .tuple(fc.constantFrom(1, 3), awkwardSize, fc.constantFrom(1, 4, 5), fc.constantFrom(1, 2, 7))
    .chain(([outer, n, inner, taken]) => {
      const length = perLine ? outer * taken * inner : taken;
      // Some ids are no places.
      const ids = fc.array(fc.integer({ min: -1, max: n }), { minLength: length, maxLength: length });
      return ids.map((drawn) => ({ outer, n, inner, ids: drawn }));
    });

const gatherCheck: OpCheck<Case> = {
  cases: cases(true),
  shapes: ({ outer, n, inner }) => ({ x: [outer, n, inner] }),
  op: ({ x }, { outer, inner, ids }) =>
    gather(x!, tensor(x!.device, ids, [outer, ids.length / outer / inner, inner], "i32"), 1),
  reference: ({ x }, { outer, n, inner, ids }) => {
    const taken = ids.length / outer / inner;
    const y = zeros64([outer, taken, inner]);
    ids.forEach((id, at) => {
      if (id < 0 || id >= n) return;
      const line = Math.floor(at / (taken * inner));
      y.data[at] = x!.data[(line * n + id) * inner + (at % inner)]!;
    });
    return y;
  },
  opClass: "arithmetic",
  gradientDepth: ({ ids }) => ids.length,
};
describeOp("gather", gatherCheck);
describeOp("gather of f16", { ...gatherCheck, dtype: "f16", runs: 4 });

const takeCheck: OpCheck<Case> = {
  cases: cases(false),
  shapes: ({ outer, n, inner }) => ({ x: [outer, n, inner] }),
  op: ({ x }, { ids }) => take(x!, tensor(x!.device, ids, [ids.length, 1], "i32"), 1),
  reference: ({ x }, { outer, n, inner, ids }) => {
    const y = zeros64([outer, ids.length, 1, inner]);
    y.data.forEach((_, at) => {
      const id = ids[Math.floor(at / inner) % ids.length]!;
      const line = Math.floor(at / (inner * ids.length));
      if (id >= 0 && id < n) y.data[at] = x!.data[(line * n + id) * inner + (at % inner)]!;
    });
    return y;
  },
  opClass: "arithmetic",
  gradientDepth: ({ ids }) => ids.length,
};
describeOp("take", takeCheck);
describeOp("take of f16", { ...takeCheck, dtype: "f16", runs: 6 });

describe("ids", () => {
  it("become rows with a one", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const rows = oneHot(tensor(device, [2, 0, -1, 3], [2, 2], "i32"), 3);
    expect(rows.shape).toEqual([2, 2, 3]);
    expect(await rows.read()).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  });

  it("choose whole numbers as they are, and name what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [2 ** 31 - 1, -5], [2], "i32");
    expect(await gather(x, tensor(device, [1, 0, 1], [3], "i32"), 0).read()).toEqual(
      Int32Array.of(-5, 2 ** 31 - 1, -5),
    );
    expect(() => gather(zeros(device, [2, 3]), zeros(device, [3, 1], "i32"), 1)).toThrow(
      "[gather] ids must be i32 of the shape [2, 3] except along axis 1, got [3, 1] i32",
    );
    expect(() => gather(x, zeros(device, [1]), 0)).toThrow("got [1] f32");
    expect(() => take(zeros(device, [2]), zeros(device, [1], "i32"), 1)).toThrow(
      "[take] axis 1 is out of range",
    );
    expect(() => oneHot(zeros(device, [2]), 3)).toThrow("[oneHot] ids must be i32, got f32");
    for (const classes of [-1, 2.5, Infinity, Number.NaN]) {
      expect(() => oneHot(zeros(device, [2], "i32"), classes)).toThrow(
        `[oneHot] classes must be a whole number >= 0, got ${classes}`,
      );
    }
    expect(oneHot(zeros(device, [2], "i32"), 0).shape).toEqual([2, 0]);
    expect(() => take(x, zeros(device, [1], "i32"))).toThrow("[take] x must be f32 or f16, got i32: cast it");
    expect(() => take(zeros(device, [2]), zeros(device, [1]))).toThrow(
      "[take] ids must be i32, got f32: cast them",
    );
  });
});

describe("ranges", () => {
  it("hold the numbers that NumPy gives", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(await arange(device, 2, 8, 2.5).read()).toEqual(Float32Array.of(2, 4.5, 7));
    expect(await arange(device, 3, 0, -1, "i32").read()).toEqual(Int32Array.of(3, 2, 1));
    expect(arange(device, 3, 3).shape).toEqual([0]);
    expect(await linspace(device, 0, 1, 5).read()).toEqual(Float32Array.of(0, 0.25, 0.5, 0.75, 1));
    expect(await linspace(device, 7, 9, 1).read()).toEqual(Float32Array.of(7));
    expect(await eye(device, 2, 3).read()).toEqual(Float32Array.of(1, 0, 0, 0, 1, 0));
    expect(arange(device, 5, 0).shape).toEqual([0]);
    for (const [start, end, step] of [
      [0, 1, 0],
      [5, 0, 0],
      [5, 5, 0],
      [Infinity, 5, 1],
      [0, -Infinity, 1],
      [0, Infinity, 1],
      [Number.NaN, 5, 1],
      [0, 5, Infinity],
      [0, 1e308, 1e-300],
    ] as const) {
      expect(() => arange(device, start, end, step)).toThrow(
        `[arange] ${start} to ${end} by ${step} has no end: give finite bounds, and a step other than 0`,
      );
    }
    expect(() => linspace(device, 0, 1, -1)).toThrow(
      "[linspace] every dimension must be a whole number >= 0",
    );
  });
});
