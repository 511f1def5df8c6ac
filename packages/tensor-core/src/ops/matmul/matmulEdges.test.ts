/** @file Products by tilings with workgroup memory whose rows, depth or tiles end where other tests' do not. */

import { describe, it } from "vitest";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { matmul } from "./matmul.ts";
import { type Tiling, tilingName } from "./matmulVariant.ts";
import { withTiling } from "./tilings.ts";

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const device = await testDevice();

/** y = (a b) · gate + residual, element by element. */
function reference(
  { a, b, gate, residual }: Record<"a" | "b", Array64> & Partial<Record<"gate" | "residual", Array64>>,
  { m, n, k, transposeA, transposeB }: Case,
): Array64 {
  const y = zeros64([m, n]);
  y.data.forEach((_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let total = 0;
    for (let l = 0; l < k; l++) {
      const left = a.data[transposeA ? l * m + i : i * k + l] as number;
      total += left * (b.data[transposeB ? j * k + l : l * n + j] as number);
    }
    y.data[at] = total * (gate?.data[at] ?? 1) + (residual?.data[at] ?? 0);
  });
  return y;
}

/** A product, gated and added to if `finished`. */
async function holds(tiling: Tiling, c: Case, finished: boolean): Promise<void> {
  using _scope = device.scope();
  const { m, n, k, transposeA, transposeB } = c;
  const draw = (shape: number[], seed: number) => random64(shape, new Random(seed));
  const given = {
    a: draw(transposeA ? [k, m] : [m, k], 1),
    b: draw(transposeB ? [n, k] : [k, n], 2),
    ...(finished ? { gate: draw([m, n], 3), residual: draw([m, n], 4) } : {}),
  };
  const upload = ({ data, shape }: Array64) => tensor(device, data, shape);
  const [gate, residual] = [given.gate && upload(given.gate), given.residual && upload(given.residual)];
  const y = withTiling(device, tiling, () =>
    matmul(upload(given.a), upload(given.b), { transposeA, transposeB, gate, residual }),
  );
  const want = reference(given, c);
  assertClose("y", await y.read(), want.data, tolerance("composite", k, largest(want.data)));
}

const emulated: Tiling = {
  kind: "matrix",
  rows: 32,
  lanes: 16,
  unit: { m: 16, n: 32, k: 8, component: "f32", emulated: true },
};

// SwiftShader takes minutes to compile it.
describe.skipIf(device.info.architecture === "swiftshader")(tilingName(emulated), () => {
  // More than 32 columns and 8 rows: the ends of rows are stored after the beginnings of rows below them.
  it.each<Case>([
    { m: 10, n: 37, k: 13, transposeA: false, transposeB: true },
    { m: 10, n: 38, k: 13, transposeA: true, transposeB: false },
  ])("gates and adds to rows of $n columns, over a depth of $k, a transposed: $transposeA", (c) =>
    holds(emulated, c, true),
  );
});

const tile: Tiling = { kind: "tile", rows: 4, lanes: 1 };

describe(tilingName(tile), () => {
  it("takes the last step of a tile for the last of its columns, b transposed", () =>
    holds(tile, { m: 5, n: 64, k: 20, transposeA: false, transposeB: true }, false));
});
