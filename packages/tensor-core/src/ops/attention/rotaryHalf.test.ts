/** @file rotaryEmbedding of f16 against its formula in f64. */

import fc from "fast-check";
import { tensor } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { rotaryEmbedding } from "./rotaryEmbedding.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly offset: number;
  /** Whether the offset is a number, or in a tensor. */
  readonly given: "number" | "tensor";
}

describeOp<Case>("rotaryEmbedding of f16", {
  cases: fc.record({
    // Halves of 8, 24 and 64 are whole quads; of the others, some do not even fill words.
    shape: fc.tuple(
      fc.constantFrom(1, 2),
      fc.constantFrom(1, 7, 65),
      fc.constantFrom(1, 3),
      fc.constantFrom(2, 4, 6, 8, 12, 24, 64),
    ),
    offset: fc.constantFrom(0, 1, 1000),
    given: fc.constantFrom("number" as const, "tensor" as const),
  }),
  dtype: "f16",
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, { shape, offset, given }) => {
    const at = given === "number" ? offset : tensor(x!.device, [offset], [1], "i32");
    return rotaryEmbedding(x!, { offset: at, positions: offset + shape[1] });
  },
  reference: ({ x }, { shape: [, tokens, heads, dim], offset }) => {
    const y = zeros64(x!.shape);
    x!.data.forEach((value, at) => {
      const [row, i] = [Math.floor(at / dim), at % dim];
      const position = offset + (Math.floor(row / heads) % tokens);
      const angle = position / 10_000 ** ((2 * (i % (dim / 2))) / dim);
      // It adds to itself, and to its partner half a head away.
      const partner = i < dim / 2 ? at + dim / 2 : at - dim / 2;
      y.data[at]! += value * Math.cos(angle);
      y.data[partner]! += value * Math.sin(angle) * (i < dim / 2 ? 1 : -1);
    });
    return y;
  },
  opClass: "arithmetic",
});
