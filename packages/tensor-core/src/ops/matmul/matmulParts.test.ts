/** @file Products of tensors beyond what a device binds at once, against the same products in one piece. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest } from "../../testing/array64.ts";
import { narrowDevice, testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { matmul, type MatmulOptions } from "./matmul.ts";

const narrow = await narrowDevice(40_000);

const draw = (device: Device, shape: Shape, seed: number) => {
  const random = new Random(seed);
  return tensor(
    device,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
    shape,
  );
};

interface Case {
  readonly what: string;
  readonly a: Shape;
  readonly b: Shape;
  readonly options?: MatmulOptions;
  /** Whether these are there. */
  readonly bias?: true;
  readonly gate?: true;
  readonly residual?: true;
}

/** The result and all gradients. */
async function valuesOn(device: Device, { a, b, options, ...has }: Case): Promise<Map<string, Float32Array>> {
  using _scope = device.scope();
  const tensors = new Map([
    ["a", draw(device, a, 1)],
    ["b", draw(device, b, 2)],
  ]);
  const at = (name: string) => tensors.get(name) as Tensor;
  const shape = matmul(at("a"), at("b"), options).shape;
  if (has.bias) tensors.set("bias", draw(device, [shape.at(-1) ?? 0], 3));
  if (has.gate) tensors.set("gate", draw(device, shape, 4));
  if (has.residual) tensors.set("residual", draw(device, shape, 5));
  const product = () =>
    matmul(at("a"), at("b"), {
      ...options,
      bias: tensors.get("bias"),
      gate: tensors.get("gate"),
      residual: tensors.get("residual"),
    });
  const weights = draw(device, shape, 6);
  const { grads } = valueAndGrad(() => sum(mul(product(), weights)), tensors);
  const read = new Map([["y", (await product().read()) as Float32Array]]);
  for (const name of tensors.keys()) read.set(name, (await grads.get(name)?.read()) as Float32Array);
  return read;
}

describe("products beyond a binding", () => {
  it.each<Case>([
    { what: "rows of a", a: [1000, 32], b: [32, 16] },
    {
      what: "rows of y, with bias and residual",
      a: [700, 8],
      b: [64, 8],
      options: { transposeB: true },
      bias: true,
      residual: true,
    },
    {
      what: "rows of a gated product",
      a: [420, 12],
      b: [40, 12],
      options: { transposeB: true, activation: "silu" },
      bias: true,
      gate: true,
    },
    {
      what: "weights of an activated product",
      a: [6, 40],
      b: [700, 40],
      options: { transposeB: true, activation: "gelu" },
      bias: true,
    },
    { what: "items of a batch", a: [9, 2, 32, 20], b: [9, 2, 20, 36] },
    { what: "items that are too large themselves", a: [2, 128, 96], b: [2, 96, 128] },
    { what: "a shared weight of a batch", a: [20, 32, 60], b: [32, 24], options: { transposeA: true } },
    {
      what: "the depth of a transposed operand",
      a: [1500, 12],
      b: [1500, 20],
      options: { transposeA: true },
    },
    {
      what: "rows of a product of a transposed operand",
      a: [20, 400],
      b: [20, 60],
      options: { transposeA: true },
      residual: true,
    },
  ])("are cut: $what", async (work) => {
    const [whole, parts] = [await valuesOn(await testDevice(), work), await valuesOn(narrow, work)];
    const depth = Math.max(...work.a, ...work.b);
    for (const [name, values] of whole) {
      assertClose(
        name,
        parts.get(name) as Float32Array,
        values,
        tolerance("product", depth, largest(values)),
      );
    }
  });

  it("name what no part can be cut of", () => {
    using _scope = narrow.scope();
    expect(() =>
      matmul(zeros(narrow, [1, 20_000]), zeros(narrow, [1, 20_000]), { transposeB: true }),
    ).toThrow("[matmul] a has 80000 bytes, more than the 40000 that this device binds at once");
  });
});
