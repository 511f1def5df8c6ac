/** @file The bias of every tiling, over several blocks of columns, and its gradient beside a weight's of few. */

import { describe, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { sum } from "../reduce/sum.ts";
import { mul } from "../elementwise/binary.ts";
import { matmul } from "./matmul.ts";
import { tilingName } from "./matmulVariant.ts";
import { tilingsFor, withTiling } from "./tilings.ts";

const device = await testDevice();
const [m, n, k] = [5, 68, 8];

describe("a bias", () => {
  it.each(tilingsFor(device.info).map((tiling) => ({ name: tilingName(tiling), tiling })))(
    "is added to its own columns: $name",
    async ({ tiling }) => {
      using _scope = device.scope();
      const [a, b, bias] = [
        random64([m, k], new Random(1)),
        random64([k, n], new Random(2)),
        random64([n], new Random(3)),
      ];
      const y = withTiling(device, tiling, () =>
        matmul(tensor(device, a.data, a.shape), tensor(device, b.data, b.shape), {
          bias: tensor(device, bias.data, bias.shape),
        }),
      );
      const want = zeros64([m, n]);
      want.data.forEach((_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let total = bias.data[j] as number;
        for (let l = 0; l < k; l++) total += (a.data[i * k + l] as number) * (b.data[l * n + j] as number);
        want.data[at] = total;
      });
      assertClose("y", await y.read(), want.data, tolerance("product", k, largest(want.data)));
    },
  );

  // Whole workgroups take long to compile where they meet at barriers; their kinds are tested with all their epilogues.
  const alone = tilingsFor(device.info).filter(({ kind }) => kind !== "tile" && kind !== "matrix");
  it.each(alone.map((tiling, at) => ({ name: tilingName(tiling), tiling, at })))(
    "has its gradient where the weight's has few columns: $name",
    async ({ tiling, at }) => {
      using _scope = device.scope();
      const [rows, outputs, inputs] = [5, 18, 3];
      const draw = (shape: number[], seed: number) =>
        tensor(device, random64(shape, new Random(seed)).data, shape);
      const [x, weight, bias] = [draw([rows, inputs], 1), draw([outputs, inputs], 2), draw([outputs], 3)];
      // Of each tiling its own, as what a kernel leaves unwritten may hold what the one before wrote.
      const slopes = random64([rows, outputs], new Random(4 + at));
      const { grads } = withTiling(device, tiling, () =>
        valueAndGrad(
          () =>
            sum(
              mul(matmul(x, weight, { transposeB: true, bias }), tensor(device, slopes.data, slopes.shape)),
            ),
          new Map(Object.entries({ weight, bias })),
        ),
      );
      const want = zeros64([outputs]);
      slopes.data.forEach((slope, i) => {
        want.data[i % outputs] = (want.data[i % outputs] as number) + slope;
      });
      const got = await grads.get("bias")?.read();
      assertClose("bias", got!, want.data, tolerance("product", rows, largest(want.data)));
    },
  );
});
