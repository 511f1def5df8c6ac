/** @file A product whose rows end within four columns: what is stored stays within its row. */

import { describe, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { silu } from "../elementwise/unary.ts";
import { sum } from "../reduce/sum.ts";
import { matmul } from "./matmul.ts";
import { type Tiling, tilingName } from "./matmulVariant.ts";
import { oneOfEachKind } from "./oneOfEachKind.ts";
import { tilingsFor, withTiling } from "./tilings.ts";

const device = await testDevice();
const tilings = oneOfEachKind(tilingsFor(device.info)).filter(({ kind }) => kind !== "matrix");
const draw = (shape: number[], seed: number) => tensor(device, random64(shape, new Random(seed)).data, shape);

/** y of a product with activation and gate, by one kernel or by three, and its gradients. */
async function results(n: number, tiling: Tiling, fused: boolean): Promise<Record<string, Float32Array>> {
  using _scope = device.scope();
  const [m, k] = [5, 3];
  const [a, b, gate, slopes] = [draw([m, k], 1), draw([k, n], 2), draw([m, n], 3), draw([m, n], 4)];
  let y: Tensor = a;
  const loss = () => {
    y = fused ? matmul(a, b, { activation: "silu", gate }) : mul(silu(matmul(a, b)), gate);
    return sum(mul(y, slopes));
  };
  const params = new Map(Object.entries({ a, b, gate }));
  const { grads } = withTiling(device, tiling, () => valueAndGrad(loss, params));
  const read: Record<string, Float32Array> = { y: (await y.read()) as Float32Array };
  for (const [name, grad] of grads) read[name] = (await grad.read()) as Float32Array;
  return read;
}

describe.each(tilings.map((tiling) => [tilingName(tiling), tiling] as const))("%s", (_, tiling) => {
  // More columns than any tiling takes at once: workgroups that come last end the rows, after others have begun them.
  it.each([65, 66, 67])("keeps an activation's input, for its gradient, in rows of %s", async (n) => {
    const got = await results(n, tiling, true);
    const want = await results(n, tiling, false);
    for (const [name, values] of Object.entries(want)) {
      const bound = tolerance("composite", n, largest(values));
      assertClose(name, got[name] as Float32Array, values, bound);
    }
  });
});
