/** @file Tokens that fill their blocks, and heads whose last quads are few, against the kernels without subgroups. */

import { describe, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { square } from "../elementwise/unary.ts";
import { sum } from "../reduce/sum.ts";
import { attention } from "./attention.ts";

/** y, dq, dk and dv over as many keys as queries. */
async function results(tokens: number, dim: number, without: string[]): Promise<Map<string, Float32Array>> {
  const device = await testDevice(without);
  using _scope = device.scope();
  const shape = [2, tokens, 2, dim];
  const draw = (seed: number) => tensor(device, random64(shape, new Random(seed)).data, shape);
  const [q, k, v] = [draw(1), draw(2), draw(3)];
  let y: Tensor = q;
  const { grads } = valueAndGrad(
    () => sum(square((y = attention(q, k, v, { mask: "causal" })))),
    new Map(Object.entries({ q, k, v })),
  );
  const read = new Map([["y", (await y.read()) as Float32Array]]);
  for (const [name, grad] of grads) read.set(name, (await grad.read()) as Float32Array);
  return read;
}

describe("attention", () => {
  it.each([
    [16, 8],
    [32, 8],
    [15, 8],
    [16, 112],
  ])("over %s tokens in heads of %s is the same with and without subgroups", async (tokens, dim) => {
    const want = await results(tokens, dim, ["subgroups"]);
    for (const [name, got] of await results(tokens, dim, [])) {
      const values = want.get(name) as Float32Array;
      const bound = tolerance("composite", Math.max(tokens, dim), largest(values));
      assertClose(name, got, values, bound);
    }
  });
});
