/** @file rotaryEmbedding against its formula in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sum } from "../reduce/sum.ts";
import { mul } from "../elementwise/binary.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import { assertClose, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { Random } from "../../tensor/random.ts";
import { slice } from "../layout/slice.ts";
import { rotaryEmbedding } from "./rotaryEmbedding.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly base: number;
  readonly offset: number;
}

describeOp<Case>("rotaryEmbedding", {
  cases: fc.record({
    shape: fc.tuple(
      fc.constantFrom(1, 2),
      fc.constantFrom(1, 7, 9, 65),
      fc.constantFrom(1, 3),
      fc.constantFrom(2, 4, 6, 8, 12, 32, 64),
    ),
    base: fc.constantFrom(10_000, 100),
    offset: fc.constantFrom(0, 1, 1000),
  }),
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { base, offset }) => rotaryEmbedding(x!, { base, offset }),
  reference: ({ x }, { shape: [batch, tokens, heads, dim], base, offset }) => {
    const y = zeros64(x!.shape);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < tokens; t++) {
        for (let h = 0; h < heads; h++) {
          const start = ((b * tokens + t) * heads + h) * dim;
          for (let i = 0; i < dim / 2; i++) {
            const angle = (t + offset) / base ** ((2 * i) / dim);
            const [p, q] = [x!.data[start + i]!, x!.data[start + i + dim / 2]!];
            y.data[start + i] = p * Math.cos(angle) - q * Math.sin(angle);
            y.data[start + i + dim / 2] = q * Math.cos(angle) + p * Math.sin(angle);
          }
        }
      }
    }
    return y;
  },
  opClass: "arithmetic",
});

describe("rotaryEmbedding", () => {
  it("makes products of queries and keys depend on their distance alone", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = random64([1, 1, 1, 16], new Random(5));
    const x = mul(ones(device, [1, 200, 1, 16]), tensor(device, values.data, values.shape));
    const y = rotaryEmbedding(x);
    const at = (t: number) => slice(y, 1, t, t + 1);
    const near = await sum(mul(at(3), at(10))).item();
    const far = await sum(mul(at(190), at(197))).item();
    assertClose("product", [far], [near], 1e-5);
  });

  it("names what it does not take", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => rotaryEmbedding(zeros(device, [1, 2, 1, 3]))).toThrow(
      "[rotaryEmbedding] x must be [B, T, H, D] f32 with an even D, got [1, 2, 1, 3] f32",
    );
    expect(() => rotaryEmbedding(zeros(device, [1, 2, 1, 4]), { offset: -1 })).toThrow(
      "offset must be a whole number >= 0, got -1",
    );
  });
});
