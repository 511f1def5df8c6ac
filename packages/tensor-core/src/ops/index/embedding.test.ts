/** @file embedding against a loop over rows. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run } from "../../autograd/defineOp.ts";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { embedding } from "./embedding.ts";
import { chunks, sumRows } from "./embedding.wgsl.ts";

interface Case {
  readonly vocabulary: number;
  readonly width: number;
  readonly ids: number[];
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom(1, 2, 5, 63, 64, 300), awkwardSize, fc.constantFrom(1, 2, 63, 64, 65, 130))
  .chain(([vocabulary, width, count]) =>
    fc.record({
      vocabulary: fc.constant(vocabulary),
      width: fc.constant(width),
      // Some ids are no rows of the table.
      ids: fc.array(fc.integer({ min: -2, max: vocabulary + 1 }), { minLength: count, maxLength: count }),
    }),
  );

describeOp<Case>("embedding", {
  cases,
  runs: 24,
  shapes: ({ vocabulary, width }) => ({ weight: [vocabulary, width] }),
  op: ({ weight }, { ids }) => embedding(weight!, tensor(weight!.device, ids, [ids.length, 1], "i32")),
  reference: ({ weight }, { vocabulary, width, ids }) => {
    const y = zeros64([ids.length, 1, width]);
    ids.forEach((id, n) => {
      if (id < 0 || id >= vocabulary) return;
      for (let d = 0; d < width; d++) y.data[n * width + d] = weight!.data[id * width + d]!;
    });
    return y;
  },
  opClass: "arithmetic",
  gradientDepth: ({ ids }) => ids.length,
});

describe("embedding", () => {
  it("sums the gradient of every place of an id", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const weight = zeros(device, [3, 2]);
    const count = 5000;
    const ids = tensor(
      device,
      Array.from({ length: count }, (_, n) => n % 2),
      [count],
      "i32",
    );
    const places = tensor(
      device,
      Array.from({ length: 2 * count }, (_, i) => i >> 1),
      [count, 2],
    );
    const { grads } = valueAndGrad(
      () => sum(mul(embedding(weight, ids), places)),
      new Map([["weight", weight]]),
    );
    // Even and odd numbers below 5000; every partial sum is a whole number below 2^24.
    const [even, odd] = [2499 * 2500, 2500 * 2500];
    expect(await grads.get("weight")?.read()).toEqual(Float32Array.of(even, even, odd, odd, 0, 0));
  });

  it("ends on slots that no count has filled: the kernel of its gradient alone cannot hang a device", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const stale = Uint32Array.from({ length: 2 * chunks }, (_, i) => (i < chunks ? 2 : 0xffff_ffff));
    const slots = tensor(device, stale, [2 * chunks], "u32");
    const dweight = zeros(device, [2]);
    const order = tensor(device, [0, 1, 2, 3], [4], "u32");
    const dy = tensor(device, [1, 2, 4, 8]);
    run(
      sumRows({ quads: false }),
      { dy, slots, order, dweight },
      { count: 2, width: 1, positions: 4, firstRow: 0 },
      1,
    );
    expect(await dweight.read()).toEqual(Float32Array.of(3, 12));
  });

  it("gives an empty result for no ids", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = embedding(zeros(device, [3, 2]), zeros(device, [0], "i32"));
    expect(y.shape).toEqual([0, 2]);
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => embedding(zeros(device, [3]), zeros(device, [2], "i32"))).toThrow(
      "[embedding] weight must be [V, D] f32 or f16, got [3] f32",
    );
    expect(() => embedding(zeros(device, [3, 2]), zeros(device, [2]))).toThrow(
      "[embedding] ids must be i32, got f32",
    );
  });
});
