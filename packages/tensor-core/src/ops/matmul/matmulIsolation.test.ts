/** @file What no tiling may read into a product: another item of the batch, or a neighbour where a step ends. */

import { describe, expect, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { matmul } from "./matmul.ts";
import { type Tiling, tilingName } from "./matmulVariant.ts";
import { oneOfEachKind } from "./oneOfEachKind.ts";
import { tilingsFor, withTiling } from "./tilings.ts";

const device = await testDevice();
const emulated: Tiling = {
  kind: "matrix",
  rows: 32,
  lanes: 16,
  unit: { m: 16, n: 32, k: 8, component: "f32", emulated: true },
};
const tilings = [
  ...oneOfEachKind(tilingsFor(device.info)).filter(({ kind }) => kind !== "matrix"),
  // SwiftShader takes minutes to compile it.
  ...(device.info.architecture === "swiftshader" ? [] : [emulated]),
];

/** Whole numbers from 1 to 3, whose products are exact. */
const whole = (count: number, seed: number) =>
  random64([count], new Random(seed)).data.map((x) => Math.ceil(1.5 * (x + 1)) || 1);

describe.each(tilings.map((tiling) => [tilingName(tiling), tiling] as const))("%s", (_, tiling) => {
  // Together the two layouts read both operands along the depth and across it.
  it.each([true, false])("reads its own item and steps alone, with a transposed: %s", async (transposeA) => {
    const [m, n, k] = [12, 8, 20];
    const [aRow, aStep] = transposeA ? [1, m] : [k, 1];
    const [bColumn, bStep] = transposeA ? [1, n] : [k, 1];
    for (const item of [0, 1]) {
      using _scope = device.scope();
      const a = new Float64Array(2 * m * k).fill(NaN);
      const b = new Float64Array(2 * k * n).fill(NaN);
      const [left, right] = [whole(m * k, 1), whole(k * n, 2)];
      // Infinite at the start of the depth, which is where the row or item before would end if it went too far.
      left[2 * aRow] = Infinity;
      right[3 * bColumn] = Infinity;
      a.set(left, item * m * k);
      b.set(right, item * k * n);
      const y = withTiling(device, tiling, () =>
        matmul(
          tensor(device, a, transposeA ? [2, k, m] : [2, m, k]),
          tensor(device, b, transposeA ? [2, k, n] : [2, n, k]),
          { transposeA, transposeB: !transposeA },
        ),
      );
      const got = (await y.read()).slice(item * m * n, (item + 1) * m * n);
      const want = Float32Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let total = 0;
        for (let l = 0; l < k; l++) {
          total += (left[i * aRow + l * aStep] as number) * (right[j * bColumn + l * bStep] as number);
        }
        return total;
      });
      expect(got).toEqual(want);
    }
  });
});

describe.skipIf(tilings.length < 4)(tilingName(emulated), () => {
  it("adds a bias to rows that end within four columns", async () => {
    using _scope = device.scope();
    const [m, n, k] = [33, 67, 5];
    const [a, b, bias] = [[m, k], [k, n], [n]].map((shape, seed) => random64(shape, new Random(seed)));
    const upload = ({ data, shape }: ReturnType<typeof zeros64>) => tensor(device, data, shape);
    const want = zeros64([m, n]);
    want.data.forEach((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let total = bias!.data[j] as number;
      for (let l = 0; l < k; l++) total += a!.data[i * k + l]! * b!.data[l * n + j]!;
      want.data[at] = total;
    });
    const y = withTiling(device, emulated, () => matmul(upload(a!), upload(b!), { bias: upload(bias!) }));
    assertClose("y", await y.read(), want.data, tolerance("product", k, largest(want.data)));
  });
});
