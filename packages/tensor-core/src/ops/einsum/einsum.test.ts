/** @file einsum against a loop over every index. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { reshape } from "../layout/reshape.ts";
import { einsum } from "./einsum.ts";

const equations = [
  "ij,jk->ik",
  "bij,bkj->bik",
  "i,j->ji",
  "ij,ij->",
  "bhtd,bshd->bhts",
  "ab,bc->",
  "aib,bj->jia",
  "i,i->i",
  ",ij->j",
];
const letters = "abcdhijkst".split("");

interface Case {
  readonly equation: string;
  readonly sizes: number[];
}

const sides = ({ equation, sizes }: Case) => {
  const [left, right, out] = equation.split(/,|->/) as [string, string, string];
  const shape = (side: string) => side.split("").map((letter) => sizes[letters.indexOf(letter)]!);
  return { left, right, out, shape };
};

describeOp<Case>("einsum", {
  cases: fc.record({
    equation: fc.constantFrom(...equations),
    sizes: fc.array(fc.constantFrom(1, 2, 3, 5, 8), { minLength: letters.length, maxLength: letters.length }),
  }),
  runs: 24,
  shapes: (c) => ({ a: sides(c).shape(sides(c).left), b: sides(c).shape(sides(c).right) }),
  op: ({ a, b }, { equation }) => einsum(equation, a!, b!),
  reference: ({ a, b }, c) => {
    const { left, right, out, shape } = sides(c);
    const used = letters.filter((letter) => (left + right).includes(letter));
    const y = zeros64(shape(out));
    const total = shape(used.join("")).reduce((x, n) => x * n, 1);
    for (let flat = 0; flat < total; flat++) {
      const place = new Map<string, number>();
      let rest = flat;
      for (const letter of used) {
        const n = c.sizes[letters.indexOf(letter)]!;
        place.set(letter, rest % n);
        rest = Math.floor(rest / n);
      }
      const at = (side: string) =>
        side
          .split("")
          .reduce((index, letter) => index * c.sizes[letters.indexOf(letter)]! + place.get(letter)!, 0);
      y.data[at(out)]! += (a as Array64).data[at(left)]! * (b as Array64).data[at(right)]!;
    }
    return y;
  },
  opClass: "product",
  depth: () => 512,
});

interface Broadcast {
  readonly equation: string;
  /** The same with a letter for each axis; an axis of 1 that repeats has none. */
  readonly spelled: string;
  readonly shapes: readonly [number[], number[]];
  readonly squeezed: readonly [number[], number[]];
}

// prettier-ignore
const broadcasts: readonly Broadcast[] = [
  {
    equation: "...ij,...jk->...ik",
    spelled: "abij,abjk->abik",
    shapes: [[2, 3, 4, 5], [2, 3, 5, 2]],
    squeezed: [[2, 3, 4, 5], [2, 3, 5, 2]],
  },
  {
    equation: "...ij, jk -> ...ik",
    spelled: "abij,jk->abik",
    shapes: [[2, 3, 4, 5], [5, 2]],
    squeezed: [[2, 3, 4, 5], [5, 2]],
  },
  {
    equation: "...i,...i->...",
    spelled: "bi,abi->ab",
    shapes: [[3, 4], [2, 3, 4]],
    squeezed: [[3, 4], [2, 3, 4]],
  },
  {
    equation: "i...,...j->j...i",
    spelled: "iab,bj->jabi",
    shapes: [[2, 3, 4], [1, 4, 5]],
    squeezed: [[2, 3, 4], [4, 5]],
  },
  {
    equation: "...i,...j->ij",
    spelled: "ai,aj->ij",
    shapes: [[3, 4], [3, 2]],
    squeezed: [[3, 4], [3, 2]],
  },
];

describe("einsum with an ellipsis", () => {
  it.each(broadcasts.map((c) => [c.equation, c] as const))(
    "is as if spelled out: %s",
    async (equation, c) => {
      const device = await testDevice();
      using _scope = device.scope();
      const [a, b] = c.shapes.map((shape, i) => {
        const random = new Random(i);
        const values = Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1));
        return tensor(device, values, shape);
      }) as [Tensor, Tensor];
      const got = einsum(equation, a, b);
      const want = einsum(c.spelled, reshape(a, c.squeezed[0]), reshape(b, c.squeezed[1]));
      expect(got.shape).toEqual(want.shape);
      expect(await got.read()).toEqual(await want.read());
    },
  );

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 3]);
    const whole = zeros(device, [2, 3], "i32");
    expect(() => einsum("ij,kj->ik", whole, x)).toThrow("[einsum] both must be f32 or f16, got i32 and f32");
    expect(() => einsum("....i,j->i", x, x)).toThrow('"....i,j->i" must name two operands and a result');
    expect(() => einsum("i.j,j->i", x, x)).toThrow("must name two operands and a result");
    expect(() => einsum("ij,jk->...i", x, x)).toThrow('"ij,jk->...i": no operand has an ellipsis');
    expect(() => einsum("...ijk,j->i", x, x)).toThrow('"...ijk" does not name the axes of [2, 3]');
    expect(() => einsum("...i,...j->...ij", x, zeros(device, [3, 3]))).toThrow(
      "axis 0 from the last of its ellipsis is 2 and 3",
    );
  });
});

describe("einsum", () => {
  it.each([
    ["f16", "f16", "f16"],
    ["f16", "f32", "f32"],
    ["f32", "f16", "f32"],
  ] as const)("of %s and %s gives %s, with sums of one side in its own dtype", async (left, right, out) => {
    const device = await testDevice();
    using _scope = device.scope();
    // 2049 is no f16: a sum of two numbers is rounded to 2048 before the product.
    const a = tensor(device, [2048, 1, 3, 4], [2, 2], left);
    const y = einsum("ij,k->ik", a, tensor(device, [1, 2], [2], right));
    expect(y.dtype).toBe(out);
    const first = left === "f16" ? 2048 : 2049;
    expect([...(await y.read())]).toEqual([first, 2 * first, 7, 14]);
  });

  it("names what is wrong with an equation", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2, 3]);
    expect(() => einsum("ij->ji", x, x)).toThrow('[einsum] "ij->ji" must name two operands and a result');
    expect(() => einsum("ii,ij->j", x, x)).toThrow('[einsum] "ii,ij->j" has i twice in "ii"');
    expect(() => einsum("ij,jk->iz", x, x)).toThrow('[einsum] "ij,jk->iz": no operand has z');
    expect(() => einsum("i,jk->i", x, x)).toThrow('"i" does not name the axes of [2, 3]');
    expect(() => einsum("ij,jk->ik", x, x)).toThrow('[einsum] "ij,jk->ik": j is 3 and 2');
  });
});
