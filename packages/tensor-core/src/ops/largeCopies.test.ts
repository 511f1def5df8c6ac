/** @file Ops that read from elsewhere than they write to, whose tensors are more than the device binds at once. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose, largest } from "../testing/array64.ts";
import { narrowDevice, testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { avgPool2d, maxPool2d } from "./conv/conv2d.ts";
import { unfold } from "./conv/unfold.ts";
import { add, mul } from "./elementwise/binary.ts";
import { embedding } from "./index/embedding.ts";
import { gather, take } from "./index/gather.ts";
import { broadcastTo } from "./layout/broadcastTo.ts";
import { cast } from "./layout/cast.ts";
import { concat } from "./layout/concat.ts";
import { flip } from "./layout/flip.ts";
import { pad } from "./layout/pad.ts";
import { slice } from "./layout/slice.ts";
import { split } from "./layout/split.ts";
import { transpose } from "./layout/transpose.ts";
import { sum } from "./reduce/sum.ts";

const draw = (device: Device, shape: readonly number[], seed: number) => {
  const random = new Random(seed);
  const values = Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1));
  values.fill(-0, 1, 3); // the sign of a zero is a bit too
  return tensor(device, values, shape);
};

const drawIds = (device: Device, shape: readonly number[], n: number) => {
  const random = new Random(7);
  // Some are no places.
  const ids = Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(random.uniform(-1, n + 1)));
  return tensor(device, ids, shape, "i32");
};

/** The same bits from a device that binds all at once and from one that does not: of y, and of the gradient of x. */
async function expectSame(
  shape: readonly number[],
  op: (x: Tensor, device: Device) => Tensor,
  limit = 8192,
): Promise<void> {
  const found: Uint32Array[][] = [];
  for (const device of [await testDevice(), await narrowDevice(limit)]) {
    using _scope = device.scope();
    const x = draw(device, shape, 1);
    const y = op(x, device);
    const weights = draw(device, y.shape, 2);
    const { grads } = valueAndGrad(() => sum(mul(cast(op(x, device), "f32"), weights)), new Map([["x", x]]));
    const read = [await cast(y, "f32").read(), await (grads.get("x") as Tensor).read()];
    found.push(read.map((values) => new Uint32Array((values as Float32Array).slice().buffer)));
  }
  expect(found[1]).toEqual(found[0]);
}

describe("what is more than one binding", () => {
  it.each<[string, readonly number[], (x: Tensor, device: Device) => Tensor]>([
    ["turned by quads", [60, 64], (x) => transpose(x, [1, 0])],
    ["turned at odd sizes", [61, 67], (x) => transpose(x, [1, 0])],
    ["turned by rows of an odd size", [29, 31, 5], (x) => transpose(x, [1, 0, 2])],
    ["turned across all of four axes", [5, 24, 3, 16], (x) => transpose(x, [2, 1, 0, 3])],
    ["turned within items", [9, 7, 5, 11], (x) => transpose(x, [0, 2, 1, 3])],
    ["turned as f16 at odd sizes", [61, 141], (x) => transpose(cast(x, "f16"), [1, 0])],
    ["turned as f16 by pairs", [62, 70, 2], (x) => transpose(cast(x, "f16"), [1, 0, 2])],
    ["reversed along rows", [45, 77], (x) => flip(x, [1])],
    ["reversed as a whole", [3, 31, 37], (x) => flip(x, [0, 1, 2])],
    ["sliced", [40, 3, 50], (x) => slice(x, 1, 1, 2)],
    ["sliced to one column of many", [129, 33], (x) => slice(x, 1, 31, 32)],
    ["sliced from an odd place", [5001], (x) => slice(x, 0, 3, 4900)],
    ["sliced from rows that are too long", [2, 2500], (x) => slice(x, 1, 5, 2401)],
    ["sliced twice", [2, 2500], (x) => add(slice(x, 1, 5, 2401), slice(x, 1, 99, 2495))],
    ["sliced twice by quads", [2600], (x) => add(slice(x, 0, 4, 2404), slice(x, 0, 200, 2600))],
    [
      "sliced thrice at odd places",
      [7, 501],
      (x) => {
        const [a, b, c] = [slice(x, 1, 0, 99), slice(x, 1, 50, 149), slice(x, 1, 402, 501)];
        return concat([add(a, b), add(b, c)], 0);
      },
    ],
    [
      "padded",
      [37, 61],
      (x) =>
        pad(
          x,
          [
            [1, 2],
            [3, 0],
          ],
          5,
        ),
    ],
    ["padded along the rows", [3000], (x) => pad(x, [[700, 1301]], -2)],
    [
      "padded far more than it holds",
      [3, 5],
      (x) =>
        pad(
          x,
          [
            [0, 0],
            [999, 1001],
          ],
          1,
        ),
    ],
    [
      "padded as f16 at odd sizes",
      [71, 67],
      (x) =>
        pad(
          cast(x, "f16"),
          [
            [0, 1],
            [2, 1],
          ],
          3,
        ),
    ],
    ["joined at odd places", [1, 1501], (x) => concat([x, slice(x, 1, 7, 1400), x], 1)],
    ["joined in rows that are too long", [2, 1500], (x) => concat([x, slice(x, 1, 4, 1496), x], 1)],
    ["cut at odd places", [4001], (x) => concat(split(x, 0, [999, 3, 2000, 999]).toReversed(), 0)],
    ["cut in rows that are too long", [2, 2400], (x) => concat(split(x, 1, [800, 1200, 400]).slice(1), 1)],
    ["taken along the last axis", [16, 200], (x, device) => take(x, drawIds(device, [150], 200), 1)],
    ["pooled by the largest", [3, 5, 15, 15], (x) => maxPool2d(x, 3, { stride: 1 })],
    ["pooled by the mean", [3, 5, 15, 15], (x) => avgPool2d(x, 2)],
    ["pooled from pixels far apart", [2, 3, 25, 25], (x) => maxPool2d(x, 1, { stride: 5 })],
    ["pooled from a plane that is too large", [1, 2, 50, 51], (x) => maxPool2d(x, 2)],
    ["pooled from one whose windows are far apart", [1, 2, 45, 51], (x) => avgPool2d(x, 2, { stride: 7 })],
    ["cut into windows", [2, 128, 4, 4], (x) => unfold(x, 2)],
  ] as const)("is copied: %s", (_, shape, op) => expectSame(shape, op));

  it("is pooled from a plane whose windows overlap", async () => {
    const found: ArrayLike<number>[][] = [];
    for (const device of [await testDevice(), await narrowDevice(8192)]) {
      using _scope = device.scope();
      const x = draw(device, [1, 2, 33, 31], 1); // windows of 8640 bytes a plane
      const op = () => maxPool2d(x, 3, { stride: 2 });
      const weights = draw(device, op().shape, 2);
      const { grads } = valueAndGrad(() => sum(mul(op(), weights)), new Map([["x", x]]));
      found.push([await op().read(), await (grads.get("x") as Tensor).read()]);
    }
    const [whole, parts] = found as [ArrayLike<number>[], ArrayLike<number>[]];
    expect(parts[0]).toEqual(whole[0]);
    // A row of pixels in two strips has the sum of each.
    assertClose("dx", parts[1]!, whole[1]!, tolerance("reduction", 9, largest(whole[1]!)));
  });

  // The gradient is a sum, whose order is another in parts: `largeRows.test.ts` has it.
  it.each<[string, readonly number[], readonly number[]]>([
    ["along the last axis by quads", [700, 1], [700, 8]],
    ["along the last axis of another size", [700, 1], [3, 700, 7]],
    ["along two axes", [1, 2200, 1], [3, 2200, 4]],
    ["one value", [1, 1], [70, 52]],
    ["one value at an odd size", [1, 1], [71, 53]],
  ])("is repeated %s", async (_, shape, to) => {
    for (const device of [await testDevice(), await narrowDevice(8192)]) {
      using _scope = device.scope();
      const x = draw(device, shape, 1);
      const values = await x.read();
      const y = await broadcastTo(x, to).read();
      const lead = to.length - shape.length;
      const expected = y.map((_value, flat) => {
        let [rest, place, step] = [flat, 0, 1];
        for (let axis = to.length - 1; axis >= lead; axis--) {
          const n = shape[axis - lead] as number;
          place += n === 1 ? 0 : (rest % n) * step;
          rest = Math.floor(rest / (to[axis] as number));
          step *= n;
        }
        return values[place] as number;
      });
      expect(y).toEqual(expected);
    }
  });

  it.each<[string, readonly number[], readonly number[], number]>([
    ["rows", [3000, 1], [5, 1], 0],
    ["a long line", [1, 3000], [1, 3001], 1],
    ["lines of quads", [50, 11, 8], [50, 7, 8], 1],
    ["lines of odd sizes", [9, 23, 17], [9, 29, 17], 1],
    ["lines longer than a binding", [2, 1100, 3], [2, 900, 3], 1],
    ["few of many", [3, 2000], [3, 2], 1],
    ["many of few", [3, 2], [3, 2000], 1],
  ])("is chosen from %s", (_, shape, ids, axis) =>
    expectSame(shape, (x, device) => gather(x, drawIds(device, ids, shape[axis] ?? 0), axis)),
  );

  // Of each row of the table there are 64 counters; blocks of them begin at multiples of 128 elements of the table.
  it.each<[string, readonly number[], number, number]>([
    ["more rows than are bound", [30, 12], 900, 8192],
    ["more rows of odd sizes than are bound", [41, 13], 900, 32_768],
    ["more counters than are bound", [300, 4], 100, 8192],
    ["more counters of odd sizes", [300, 5], 1100, 32_768],
    ["more of all", [300, 12], 1100, 8192],
  ])("is summed by ids: %s", (_, [n, width], count, limit) =>
    expectSame(
      [n as number, width as number],
      (x, device) => embedding(x, drawIds(device, [count], n as number)),
      limit,
    ),
  );
});
