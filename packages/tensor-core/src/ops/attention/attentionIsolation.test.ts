/** @file What attention must not read: another item of the batch, and whatever is bound in place of a mask. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { attention, type AttentionOptions } from "./attention.ts";

interface Values {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly dy: Float64Array;
}

const [tokens, keys, heads] = [6, 9, 2];
const draw = (batch: number, dim: number): Values => {
  const of = (rows: number, seed: number) => random64([batch * rows * heads * dim], new Random(seed)).data;
  return { q: of(tokens, 1), k: of(keys, 2), v: of(keys, 3), dy: of(tokens, 4) };
};

/** y, dq, dk and dv. */
async function results(
  device: Device,
  { q, k, v, dy }: Values,
  dim: number,
  options: (device: Device) => AttentionOptions = () => ({}),
): Promise<Float32Array[]> {
  using _scope = device.scope();
  const upload = (data: Float64Array, rows: number) =>
    tensor(device, data, [data.length / rows / heads / dim, rows, heads, dim]);
  const [a, b, c, slopes] = [upload(q, tokens), upload(k, keys), upload(v, keys), upload(dy, tokens)];
  let y: Tensor = a;
  const { grads } = valueAndGrad(
    () => sum(mul((y = attention(a, b, c, options(device))), slopes)),
    new Map(Object.entries({ a, b, c })),
  );
  const read: Float32Array[] = [];
  for (const t of [y, ...grads.values()]) read.push((await t.read()) as Float32Array);
  return read;
}

describe.each([[[]], [["subgroups"]]])("attention without [%s]", (without) => {
  it.each([12, 48])("keeps the items of a batch apart, in heads of %s", async (dim) => {
    const device = await testDevice(without);
    const both = draw(2, dim);
    const half = (values: Float64Array, item: number) =>
      values.slice((item * values.length) / 2, ((item + 1) * values.length) / 2);
    for (const item of [0, 1]) {
      const alone = Object.fromEntries(
        Object.entries(both).map(([name, values]) => [name, half(values as Float64Array, item)]),
      ) as unknown as Values;
      // NaN times a weight of 0 is NaN: whatever is read shows.
      const spoilt = Object.fromEntries(
        Object.entries(both).map(([name, values]) => {
          const length = (values as Float64Array).length;
          return [
            name,
            (values as Float64Array).map((x, i) => (Math.floor((2 * i) / length) === item ? x : NaN)),
          ];
        }),
      ) as unknown as Values;
      const got = await results(device, spoilt, dim);
      const want = await results(device, alone, dim);
      expect(got.map((values) => half(Float64Array.from(values), item))).toEqual(
        want.map((values) => Float64Array.from(values)),
      );
    }
  });

  it("takes nothing for a mask where there is none", async () => {
    const device = await testDevice(without);
    const values = draw(2, 8);
    // The keys are bound in its place: where an item's mask would begin, their bits hide all keys.
    const quads = Math.ceil(keys / 4) + 1;
    const k = values.k.map((x, i) => (i < 4 || Math.floor(i / 4) % quads === 0 ? 0 : x));
    const got = await results(device, { ...values, k }, 8);
    const want = await results(device, { ...values, k }, 8, () => ({
      lengths: tensor(device, [keys, keys], [2], "i32"),
    }));
    expect(got).toEqual(want);
  });
});
