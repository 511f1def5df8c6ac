/** @file Which tilings give the products that the usual ones give: asked where no test could have run a kernel. */

import { full, tensor } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { holdingTensors } from "../../tensor/holdingTensors.ts";
import { Random } from "../../tensor/random.ts";
import { matmul } from "./matmul.ts";
import type { Tiling } from "./matmulVariant.ts";
import { type MatmulProblem, withTiling } from "./tilings.ts";

// Past a block of y and a step along K of every tiling.
const [rows, columns, depth] = [68, 132, 76] as const;
/** Places in which a product may differ, of the largest: halves have eleven. */
const leastPlaces = 2 ** -9;

/**
 * The tilings whose product on this device agrees with that of `register`, for operands stored as those of the problem.
 * All but `matrix` are taken at their word: the op suite runs them on every adapter.
 */
export async function agreeingTilings(
  device: Device,
  tilings: readonly Tiling[],
  { transposeA, transposeB, halfA, halfB }: MatmulProblem,
): Promise<Tiling[]> {
  const draw = (shape: [number, number], seed: number, half: boolean | undefined) => {
    const random = new Random(seed);
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform(-1, 1));
    return tensor(device, values, shape, half ? "f16" : "f32");
  };
  const productBy = (tiling: Tiling) =>
    holdingTensors(
      device,
      () => {
        const a = draw(transposeA ? [depth, rows] : [rows, depth], 1, halfA);
        const b = draw(transposeB ? [columns, depth] : [depth, columns], 2, halfB);
        // The product gets this memory: what a tiling does not write must not be there from another one.
        full(device, [rows, columns], Number.NaN).dispose();
        return { y: withTiling(device, tiling, () => matmul(a, b, { transposeA, transposeB })) };
      },
      async ({ y }) => Array.from(await y.read()),
    );
  const agreeing: Tiling[] = [];
  let want: number[] | undefined;
  for (const tiling of tilings) {
    if (tiling.kind === "matrix") {
      want ??= await productBy({ kind: "register", rows: 4, lanes: 1 });
      const largest = Math.max(...want.map(Math.abs));
      const got = await productBy(tiling);
      if (!want.every((value, i) => Math.abs(value - (got[i] as number)) <= leastPlaces * largest)) continue;
    }
    agreeing.push(tiling);
  }
  return agreeing;
}
