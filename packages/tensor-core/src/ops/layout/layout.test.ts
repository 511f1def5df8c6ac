/** @file transpose, slice and concat against loops over indices. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp, type OpCheck } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { concat } from "./concat.ts";
import { pad } from "./pad.ts";
import { slice } from "./slice.ts";
import { split } from "./split.ts";
import { transpose } from "./transpose.ts";

/** Calls `visit` with every index of a shape, in row-major order. */
function eachIndex(shape: readonly number[], visit: (index: number[], flat: number) => void): void {
  const index = shape.map(() => 0);
  const size = shape.reduce((product, n) => product * n, 1);
  for (let flat = 0; flat < size; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis]! + 1) % shape[axis]!;
      if (index[axis] !== 0) break;
    }
  }
}

const flatten = (index: readonly number[], shape: readonly number[]) =>
  index.reduce((flat, place, axis) => flat * shape[axis]! + place, 0);

const shapes = fc.oneof(
  fc.tuple(awkwardSize),
  fc.tuple(awkwardSize, awkwardSize),
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 6 }),
  fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(2, 4), fc.constantFrom(3, 5), fc.constantFrom(4, 8, 12)),
);

interface TransposeCase {
  readonly shape: number[];
  readonly axes: number[];
}

const transposeCheck: OpCheck<TransposeCase> = {
  cases: shapes.chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length },
      )
      .map((axes) => ({ shape, axes })),
  ),
  runs: 24,
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { axes }) => transpose(x!, axes),
  reference: ({ x }, { shape, axes }) => {
    const y = zeros64(axes.map((axis) => shape[axis]!));
    eachIndex(y.shape, (index, flat) => {
      const from = shape.map((_, axis) => index[axes.indexOf(axis)]!);
      y.data[flat] = x!.data[flatten(from, shape)]!;
    });
    return y;
  },
  opClass: "copy",
};

interface SliceCase {
  readonly shape: number[];
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceCheck: OpCheck<SliceCase> = {
  cases: shapes.chain((shape) =>
    fc
      .nat(shape.length - 1)
      .chain((axis) =>
        fc
          .tuple(fc.nat(shape[axis]! - 1), fc.integer({ min: 1, max: shape[axis]! }))
          .map(([a, b]) => ({ shape, axis, start: Math.min(a, b - 1), end: Math.max(a + 1, b) })),
      ),
  ),
  runs: 24,
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { axis, start, end }) => slice(x!, axis, start, end),
  reference: ({ x }, { shape, axis, start, end }) => {
    const y = zeros64(shape.map((n, i) => (i === axis ? end - start : n)));
    eachIndex(y.shape, (index, flat) => {
      const from = index.map((place, i) => (i === axis ? place + start : place));
      y.data[flat] = x!.data[flatten(from, shape)]!;
    });
    return y;
  },
  opClass: "copy",
};

interface ConcatCase {
  readonly shape: number[];
  readonly axis: number;
  readonly sizes: number[];
}

const partShape = ({ shape, axis }: ConcatCase, size: number) => shape.map((n, i) => (i === axis ? size : n));

const concatCheck: OpCheck<ConcatCase> = {
  cases: shapes.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.nat(shape.length - 1),
      sizes: fc.array(fc.constantFrom(1, 2, 3, 5, 8), { minLength: 1, maxLength: 4 }),
    }),
  ),
  shapes: (c) => Object.fromEntries(c.sizes.map((size, i) => [`part${i}`, partShape(c, size)])),
  op: (parts, { axis }) => concat(Object.values(parts), axis),
  reference: (parts, c) => {
    const total = c.sizes.reduce((a, b) => a + b, 0);
    const y = zeros64(partShape(c, total));
    eachIndex(y.shape, (index, flat) => {
      let [part, place] = [0, index[c.axis]!];
      while (place >= c.sizes[part]!) place -= c.sizes[part++]!;
      const { data, shape } = parts[`part${part}`] as Array64;
      y.data[flat] = data[flatten(index.with(c.axis, place), shape)]!;
    });
    return y;
  },
  opClass: "copy",
};

interface SplitCase {
  readonly shape: number[];
  readonly axis: number;
  readonly sizes: number[];
  readonly taken: number;
}

/** One part, and the rest joined in reverse order: the gradients of all parts, and of some, become one. */
const splitCheck: OpCheck<SplitCase> = {
  cases: shapes.chain((shape) =>
    fc
      .record({
        axis: fc.nat(shape.length - 1),
        sizes: fc.array(fc.constantFrom(0, 1, 2, 3, 4, 8), {
          minLength: 1,
          maxLength: 10,
        }),
        seed: fc.nat(),
      })
      .map(({ axis, sizes, seed }) => {
        const total = sizes.reduce<number>((a, b) => a + b, 0);
        return { shape: (shape as number[]).with(axis, total), axis, sizes, taken: seed % sizes.length };
      }),
  ),
  runs: 24,
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { axis, sizes, taken }) => {
    const parts = split(x!, axis, sizes);
    return concat([parts[taken]!, ...parts.toReversed().slice(1)], axis);
  },
  reference: ({ x }, { shape, axis, sizes, taken }) => {
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
    const order = [
      taken,
      ...sizes
        .map((_, i) => i)
        .toReversed()
        .slice(1),
    ];
    const places = order.flatMap((i) => Array.from({ length: sizes[i]! }, (_, place) => starts[i]! + place));
    const y = zeros64(shape.with(axis, places.length));
    eachIndex(y.shape, (index, flat) => {
      y.data[flat] = x!.data[flatten(index.with(axis, places[index[axis]!]!), shape)]!;
    });
    return y;
  },
  opClass: "copy",
  gradientDepth: () => 1,
};

interface PadCase {
  readonly shape: number[];
  readonly widths: [number, number][];
}

const padCheck: OpCheck<PadCase> = {
  cases: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      widths: fc.array(fc.tuple(fc.nat(4), fc.constantFrom(0, 1, 4)), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
    }),
  ),
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { widths }) => pad(x!, widths, -1.5),
  reference: ({ x }, { shape, widths }) => {
    const y = zeros64(shape.map((n, i) => n + widths[i]![0] + widths[i]![1]));
    y.data.fill(-1.5);
    eachIndex(shape, (index, flat) => {
      y.data[
        flatten(
          index.map((place, i) => place + widths[i]![0]),
          y.shape,
        )
      ] = x!.data[flat]!;
    });
    return y;
  },
  opClass: "copy",
};

for (const dtype of ["f32", "f16"] as const) {
  const suffix = dtype === "f32" ? "" : " of f16";
  describeOp(`transpose${suffix}`, { ...transposeCheck, dtype });
  describeOp(`slice${suffix}`, { ...sliceCheck, dtype });
  describeOp(`pad${suffix}`, { ...padCheck, dtype });
  describeOp(`concat${suffix}`, { ...concatCheck, dtype });
  describeOp(`split${suffix}`, { ...splitCheck, opClass: "arithmetic", dtype });
}

interface SlicesCase {
  readonly shape: number[];
  readonly axis: number;
  readonly at: number;
}

/** Overlapping slices of one tensor: their gradients add up. */
const slicesCheck: OpCheck<SlicesCase> = {
  cases: shapes.chain((shape) =>
    fc.nat(shape.length - 1).chain((axis) => fc.nat(shape[axis]! - 1).map((at) => ({ shape, axis, at }))),
  ),
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { axis, at }) => concat([slice(x!, axis, at), slice(x!, axis, 0, at + 1)], axis),
  reference: ({ x }, { shape, axis, at }) => {
    const n = shape[axis]!;
    const y = zeros64(shape.with(axis, n + 1));
    eachIndex(y.shape, (index, flat) => {
      const place = index[axis]! < n - at ? index[axis]! + at : index[axis]! - (n - at);
      y.data[flat] = x!.data[flatten(index.with(axis, place), shape)]!;
    });
    return y;
  },
  opClass: "arithmetic",
};
describeOp("slices of one tensor", slicesCheck);
describeOp("slices of one tensor of f16", { ...slicesCheck, dtype: "f16", runs: 6 });

describe("layout", () => {
  it("has more parts than one kernel binds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    for (const n of [8, 9, 10, 11, 12, 13, 14]) {
      const values = Float32Array.from({ length: 6 * n }, (_, i) => i);
      const parts = split(tensor(device, values, [3, 2 * n]), 1, n);
      const pairs = Array.from(
        { length: 3 * n },
        (_, pair) => Math.floor(pair / n) * n + (n - 1 - (pair % n)),
      );
      expect(Array.from(await concat(parts.toReversed(), 1).read())).toEqual(
        pairs.flatMap((pair) => [2 * pair, 2 * pair + 1]),
      );
    }
  });

  it("moves integers as they are", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1, -2, 3, -4, 5, 2 ** 31 - 1], [2, 3], "i32");
    expect(await transpose(x, [1, 0]).read()).toEqual(Int32Array.of(1, -4, -2, 5, 3, 2 ** 31 - 1));
    expect(await slice(x, 1, -1).read()).toEqual(Int32Array.of(3, 2 ** 31 - 1));
    const ids = tensor(device, [7, 2 ** 32 - 1], [2], "u32");
    expect(await concat([ids, ids], 0).read()).toEqual(Uint32Array.of(7, 2 ** 32 - 1, 7, 2 ** 32 - 1));
  });

  it("counts negative bounds from the end and gives empty ranges", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [0, 1, 2, 3]);
    expect(await slice(x, 0, -3, -1).read()).toEqual(Float32Array.of(1, 2));
    expect(slice(x, -1, 2, 2).shape).toEqual([0]);
    expect(await concat([slice(x, 0, 0, 0), x], 0).read()).toEqual(Float32Array.of(0, 1, 2, 3));
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 3]);
    expect(() => transpose(x, [0])).toThrow(
      "[transpose] axes must name each of the 2 axes of [2, 3] once, got [0]",
    );
    expect(() => transpose(x, [0, 0])).toThrow("once, got [0, 0]");
    expect(() => transpose(x, [0, 2])).toThrow("[transpose] axis 2 is out of range for rank 2");
    expect(() => transpose(zeros(device, [2, 2, 2, 2, 2, 2, 2]), [6, 5, 4, 3, 2, 1, 0])).toThrow(
      "has too many axes: at most 6 can be moved at once",
    );
    expect(() => slice(x, 1, 2, 4)).toThrow("[slice] 2 to 4 is no range of axis 1 of [2, 3]: use -3 to 3");
    expect(() => slice(x, 1, 2, 1)).toThrow("[slice] 2 to 1 is no range");
    expect(() => slice(x, 0, 0.5, 1)).toThrow("[slice] 0.5 to 1 is no range");
    for (const shape of [
      [-1, 2, 3],
      [2.5, 2, 3],
      [Number.NaN, 2, 3],
    ]) {
      expect(() => broadcastTo(x, shape)).toThrow(
        `[broadcastTo] every dimension must be a whole number >= 0, got [${shape.join(", ")}]`,
      );
    }
    expect(() => pad(zeros(device, [1], "u32"), [[1, 0]], -1)).toThrow(
      "[pad] the tensor is u32, and its element 0 is to be -1: give whole numbers from 0 to 4294967295",
    );
    expect(() => pad(x, [[1, 1]])).toThrow(
      "[pad] widths must be [before, after] for each of the 2 axes of [2, 3]",
    );
    expect(() => split(x, 1, 2)).toThrow("[split] axis 1 of [2, 3] does not divide into 2 equal parts");
    expect(() => split(x, 1, [1, 1])).toThrow(
      "[split] sizes [1, 1] must be whole and add up to 3, axis 1 of",
    );
    expect(() => concat([], 0)).toThrow("[concat] needs at least one tensor");
    expect(() => concat([x, zeros(device, [2, 4])], 0)).toThrow(
      "[concat] tensor 1 is [2, 4] f32, the first [2, 3] f32: only axis 0 may differ",
    );
    expect(() => concat([x, zeros(device, [2, 3], "i32")], 0)).toThrow("[concat] tensor 1 is [2, 3] i32");
  });
});
