/** @file einsum against a loop over every index. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zeros } from "../../tensor/create.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
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

describe("einsum", () => {
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
