/** @file What each kind of tiling does beside the plain product: epilogues, gradients with sums, splits, infinities. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { matmul } from "./matmul.ts";
import { tilingName } from "./matmulVariant.ts";
import { oneOfEachKind } from "./oneOfEachKind.ts";
import { tilingsFor, withSplits, withTiling } from "./tilings.ts";

interface Layout {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const layouts: readonly Layout[] = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
];

const draw = (shape: Shape, seed: number) => random64(shape, new Random(seed));
const turned = ({ shape: [rows, columns], data }: Array64): Array64 => {
  const [n, m] = [rows as number, columns as number];
  return { shape: [m, n], data: data.map((_, i) => data[(i % n) * m + Math.floor(i / n)] as number) };
};

/** a [M, K] by b [K, N]. */
function product(a: Array64, b: Array64): Array64 {
  const [m, k, n] = [a.shape[0] as number, a.shape[1] as number, b.shape[1] as number];
  const y = zeros64([m, n]);
  y.data.forEach((_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let total = 0;
    for (let l = 0; l < k; l++) total += (a.data[i * k + l] as number) * (b.data[l * n + j] as number);
    y.data[at] = total;
  });
  return y;
}

const device = await testDevice();
const upload = ({ data, shape }: Array64) => tensor(device, data, shape);
/** A product of matrices that are given as [M, K] and [K, N], stored as the layout says. */
const stored = (a: Array64, b: Array64, layout: Layout) =>
  matmul(upload(layout.transposeA ? turned(a) : a), upload(layout.transposeB ? turned(b) : b), layout);

const oneOfEach = oneOfEachKind(tilingsFor(device.info)).filter(({ kind }) => kind !== "matrix");

/** Few instances: each is a kernel of its own, and on a CPU one with barriers takes seconds to compile. */
const fewOf = <T>(kind: string, sizes: readonly T[], ofTile: readonly T[]) =>
  kind === "tile" ? ofTile : sizes;
const aligned = [36, 68, 20] as const;
const ragged = [35, 67, 5] as const;
/** No more columns in the gradient of the weight than an invocation takes. */
const narrow = [5, 6, 3] as const;

describe.each(oneOfEach.map((tiling, at) => [tilingName(tiling), tiling, at] as const))(
  "%s",
  (_, tiling, at) => {
    it("finishes a product with bias, activation, gate and residual", async () => {
      for (const [m, n, k] of fewOf(tiling.kind, [aligned, ragged], [ragged])) {
        using _scope = device.scope();
        const [a, b] = [draw([m, k], 1), draw([k, n], 2)];
        const [bias, gate, residual] = [draw([n], 3), draw([m, n], 4), draw([m, n], 5)];
        const want = product(a, b);
        want.data.forEach((value, i) => {
          const x = value + (bias.data[i % n] as number);
          want.data[i] = (x / (1 + Math.exp(-x))) * (gate.data[i] as number) + (residual.data[i] as number);
        });
        const y = withTiling(device, tiling, () =>
          matmul(upload(a), upload(b), {
            bias: upload(bias),
            gate: upload(gate),
            residual: upload(residual),
            activation: "silu",
          }),
        );
        assertClose("y", await y.read(), want.data, tolerance("composite", k, largest(want.data)));
      }
    });

    it("gives the gradients of a linear layer, the bias' with the weight's", async () => {
      for (const [m, n, k] of fewOf(tiling.kind, [aligned, ragged, narrow], [aligned])) {
        using _scope = device.scope();
        // Of each tiling its own: what a kernel leaves unwritten must not hold what the one before wrote there.
        const [x, w, dy] = [draw([m, k], 1), draw([n, k], 2), draw([m, n], 3 + at)];
        const params = new Map(
          Object.entries({ x: upload(x), w: upload(w), bias: upload(draw([n], 4)) }),
        ) as Map<"x" | "w" | "bias", Tensor>;
        const [slopes, all] = [upload(dy), params];
        const { grads } = withTiling(device, tiling, () =>
          valueAndGrad(() => {
            const { x, w, bias } = Object.fromEntries(all) as Record<"x" | "w" | "bias", Tensor>;
            return sum(mul(matmul(x, w, { transposeB: true, bias }), slopes));
          }, params),
        );
        const ones = { shape: [1, m], data: new Float64Array(m).fill(1) };
        const want = { x: product(dy, w), w: product(turned(dy), x), bias: product(ones, dy) };
        for (const [name, { data }] of Object.entries(want)) {
          const got = await (grads.get(name as "x") as Tensor).read();
          assertClose(name, got, data, tolerance("product", Math.max(m, n), largest(data)));
        }
      }
    });

    it("sums the parts of a split depth, each step once", async () => {
      const [m, n, k] = [9, 7, 1030];
      for (const layout of layouts) {
        using _scope = device.scope();
        const [a, b] = [draw([m, k], 1), draw([k, n], 2)];
        const want = product(a, b);
        const y = withTiling(device, tiling, () => withSplits(device, 4, () => stored(a, b, layout)));
        assertClose("y", await y.read(), want.data, tolerance("product", k, largest(want.data)));
      }
    });

    it("takes nothing from past the ends: what is infinite stays in its row and column", async () => {
      const small = [9, 7, 17] as const;
      for (const [m, n, k] of fewOf(tiling.kind, [small, [12, 8, 20] as const], [small])) {
        for (const layout of layouts) {
          // An infinite element times a 0 past the end, or times its neighbour, would be NaN, or infinite elsewhere.
          for (const end of [0, k - 1]) {
            using _scope = device.scope();
            const whole = (shape: Shape) => ({
              shape,
              data: draw(shape, 1).data.map((x) => Math.ceil(x + 1)),
            });
            const [a, b] = [whole([m, k]), whole([k, n])];
            a.data[2 * k + end] = Infinity;
            b.data[end * n + 3] = Infinity;
            const got = withTiling(device, tiling, () => stored(a, b, layout));
            expect(Array.from(await got.read())).toEqual(Array.from(product(a, b).data));
          }
        }
      }
    });
  },
);
