/** @file On software devices products share instances: linear layers whatever is added, small ones however they lie. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { sum } from "../reduce/sum.ts";
import { matmul } from "./matmul.ts";
import { chooseTiling } from "./tilings.ts";

const device = await testDevice();
const [m, n, k] = [37, 44, 12];
const stored = { transposeA: false, transposeB: true };
const shares =
  device.info.software &&
  chooseTiling(device, { rows: m, columns: n, depth: k, batches: 1, ...stored }).kind === "broadcast";

const draw = (shape: number[], seed: number) => random64(shape, new Random(seed));
const upload = ({ data, shape }: Array64) => tensor(device, data, shape);

const a = draw([m, k], 1);
const b = draw([n, k], 2);
const bias = draw([n], 3);
const residual = draw([m, n], 4);

/** 0.5 a bᵀ + bias + residual. */
function reference(has: { readonly bias: boolean; readonly residual: boolean }): Array64 {
  const y = zeros64([m, n]);
  y.data.forEach((_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let total = 0;
    for (let l = 0; l < k; l++) total += (a.data[i * k + l] as number) * (b.data[j * k + l] as number);
    const shift = has.bias ? (bias.data[j] as number) : 0;
    y.data[at] = total / 2 + shift + (has.residual ? (residual.data[at] as number) : 0);
  });
  return y;
}

describe("a linear layer", () => {
  it.each([
    { bias: false, residual: false },
    { bias: true, residual: false },
    { bias: false, residual: true },
    { bias: true, residual: true },
  ])("adds what it is given: %o", async (has) => {
    using _scope = device.scope();
    const y = matmul(upload(a), upload(b), {
      transposeB: true,
      scale: 0.5,
      bias: has.bias ? upload(bias) : undefined,
      residual: has.residual ? upload(residual) : undefined,
    });
    const want = reference(has);
    assertClose("y", await y.read(), want.data, tolerance("product", k, largest(want.data)));
  });
});

describe.skipIf(!shares)("on a software device", () => {
  it("compiles it once for all of these", async () => {
    using _scope = device.scope();
    const tensors = { a: upload(a), b: upload(b), bias: upload(bias), residual: upload(residual) };
    await matmul(tensors.a, tensors.b, { transposeB: true }).read();
    const before = device.stats.pipelines;
    for (const options of [
      { bias: tensors.bias },
      { residual: tensors.residual },
      { bias: tensors.bias, residual: tensors.residual },
    ]) {
      await matmul(tensors.a, tensors.b, { transposeB: true, ...options }).read();
    }
    expect(device.stats.pipelines).toBe(before);
  });
});

describe.skipIf(!device.info.software)("on any software device", () => {
  it("compiles one kernel for all small products that are not aligned, and their gradients", async () => {
    const gradients = async (n: number) => {
      using _scope = device.scope();
      const x = upload(draw([6, k], 1));
      const params = new Map(Object.entries({ w: upload(draw([n, k], 2)), bias: upload(draw([n], 3)), x }));
      const [w, bias] = [params.get("w"), params.get("bias")] as [Tensor, Tensor];
      const { grads } = valueAndGrad(() => sum(matmul(x, w, { transposeB: true, bias })), params);
      for (const grad of grads.values()) await grad.read();
    };
    await gradients(10);
    const before = device.stats.pipelines;
    await gradients(14);
    using _scope = device.scope();
    await matmul(upload(draw([k, 5], 4)), upload(draw([9, k], 5)), {
      transposeA: true,
      transposeB: true,
      residual: upload(draw([5, 9], 6)),
    }).read();
    expect(device.stats.pipelines).toBe(before);
  });
});
