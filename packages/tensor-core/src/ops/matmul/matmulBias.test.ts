/** @file The bias of every tiling, over several blocks of columns. */

import { describe, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
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
});
