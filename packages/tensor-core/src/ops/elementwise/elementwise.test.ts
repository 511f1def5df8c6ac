/** @file Every row of the two elementwise tables against its f64 formula. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../tensor/tensor.ts";
import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { zeros } from "../../tensor/create.ts";
import { zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import * as binary from "./binary.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";
import * as unary from "./unary.ts";
import { type UnaryName, unaryTable } from "./unaryTable.ts";

const positiveOnly = new Set<UnaryName>(["log", "sqrt"]);

for (const name of Object.keys(unaryTable) as UnaryName[]) {
  const { reference } = unaryTable[name] as { reference: (x: number, s: number) => number };
  describeOp(name, {
    cases: fc.tuple(awkwardSize, awkwardSize),
    runs: 6,
    shapes: (shape) => ({ x: shape }),
    op: ({ x }) => (unary[name] as (x: Tensor, s: number) => Tensor)(x!, 0.75),
    reference: ({ x }) => ({ shape: x!.shape, data: x!.data.map((value) => reference(value, 0.75)) }),
    opClass: "transcendental",
    range: positiveOnly.has(name) ? [0.1, 4] : [-4, 4],
  });
}

const pairs: [Shape, Shape][] = [
  [
    [5, 7],
    [5, 7],
  ],
  [[3, 8], [8]],
  [[3, 5], [5]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[4], [2, 3, 4]],
  [[], [3]],
  [
    [2, 3, 1, 5],
    [1, 3, 4, 1],
  ],
];

for (const name of Object.keys(binaryTable) as BinaryName[]) {
  describeOp(name, {
    cases: fc.constantFrom(...pairs),
    shapes: ([a, b]) => ({ a, b }),
    op: ({ a, b }) => binary[name](a!, b!),
    reference: ({ a, b }) => {
      const y = zeros64(broadcastShapes("test", a!.shape, b!.shape));
      const strides = stridesOf(y.shape);
      const at = (from: Shape, i: number) => {
        let index = 0;
        const lead = y.shape.length - from.length;
        from.forEach((n, axis) => {
          const place = Math.floor(i / (strides[axis + lead] ?? 1)) % (y.shape[axis + lead] ?? 1);
          index = index * n + (n === 1 ? 0 : place);
        });
        return index;
      };
      for (let i = 0; i < sizeOf(y.shape); i++) {
        y.data[i] = binaryTable[name].reference(a!.data[at(a!.shape, i)]!, b!.data[at(b!.shape, i)]!);
      }
      return y;
    },
    opClass: "arithmetic",
    gradientDepth: () => 64,
    range: name === "div" ? [0.5, 2] : [-1, 1],
  });
}

describe("elementwise", () => {
  it("names shapes that do not broadcast", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => binary.add(zeros(device, [2, 3]), zeros(device, [2]))).toThrow(
      "[add] [2, 3] and [2] do not broadcast",
    );
    expect(() => unary.exp(zeros(device, [2], "i32"))).toThrow("[exp] x must be f32, got i32");
  });

  it("passes over more workgroups than one axis holds", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const size = 65_536 * 256 + 5;
    const y = await unary.addScalar(zeros(device, [size]), 1).read();
    expect(y.every((value) => value === 1)).toBe(true);
  });
});
