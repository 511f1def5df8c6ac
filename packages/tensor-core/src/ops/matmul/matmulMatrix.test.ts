/** @file The tiling of subgroup matrices, emulated here: all but the extension itself runs on lavapipe. */

import { describe, expect, it } from "vitest";
import type { DeviceInfo, SubgroupMatrixConfig } from "../../device/openDevice.ts";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { square } from "../elementwise/unary.ts";
import { sum } from "../reduce/sum.ts";
import { agreeingTilings } from "./agreeingTilings.ts";
import { matmul } from "./matmul.ts";
import { type MatrixUnit, matrixBytes, type Tiling, tilingName } from "./matmulVariant.ts";
import { tilingsFor, withSplits, withTiling } from "./tilings.ts";

const tilingOf = (unit: Omit<MatrixUnit, "emulated">, lanes: number): Tiling => ({
  kind: "matrix",
  rows: 32,
  lanes,
  unit: { ...unit, emulated: true },
});

interface Case {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly epilogue: boolean;
}

// Past one block of 64 in each direction, past a step along K, aligned and not; sides of a tile all differ.
const cases: readonly Case[] = [
  { batch: 2, m: 68, n: 36, k: 44, transposeA: false, transposeB: true, epilogue: true },
  { batch: 1, m: 33, n: 67, k: 17, transposeA: false, transposeB: false, epilogue: false },
  { batch: 1, m: 5, n: 3, k: 1, transposeA: true, transposeB: true, epilogue: true },
];

const device = await testDevice();
// SwiftShader takes more than two minutes to compile and run these.
const tooSlow = device.info.architecture === "swiftshader";

describe.skipIf(tooSlow)("matmul by subgroup matrices", () => {
  const units = [
    tilingOf({ m: 16, n: 32, k: 8, component: "f32" }, 16),
    ...(device.info.features.has("shader-f16")
      ? [tilingOf({ m: 8, n: 32, k: 16, component: "f16" }, 32)]
      : []),
  ];
  for (const tiling of units) {
    const half = tiling.unit?.component === "f16";
    describeOp<Case>(tilingName(tiling), {
      dtype: half ? "f16" : "f32",
      cases: half ? cases.slice(0, 1) : cases,
      shapes: ({ batch, m, n, k, transposeA, transposeB, epilogue }) => ({
        a: [batch, ...(transposeA ? [k, m] : [m, k])],
        b: [batch, ...(transposeB ? [n, k] : [k, n])],
        ...(epilogue ? { bias: [n], gate: [batch, m, n], residual: [batch, m, n] } : {}),
      }),
      op: ({ a, b, bias, gate, residual }, { transposeA, transposeB }) =>
        withTiling(device, tiling, () => matmul(a!, b!, { transposeA, transposeB, bias, gate, residual })),
      reference: ({ a, b, bias, gate, residual }, { batch, m, n, k, transposeA, transposeB }) => {
        const y = zeros64([batch, m, n]);
        y.data.forEach((_, at) => {
          const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
          let total = bias?.data[j] ?? 0;
          for (let l = 0; l < k; l++) {
            const left = a!.data[p * m * k + (transposeA ? l * m + i : i * k + l)] as number;
            total += left * (b!.data[p * k * n + (transposeB ? j * k + l : l * n + j)] as number);
          }
          y.data[at] = total * (gate?.data[at] ?? 1) + (residual?.data[at] ?? 0);
        });
        return y;
      },
      opClass: "composite",
      depth: ({ k }) => k,
      differentiable: [],
    });
  }

  const [exact] = units as [Tiling];

  it("gives the gradients of a linear layer, the bias' with the weight's, in parts of the depth", async () => {
    using _scope = device.scope();
    const [m, n, k] = [520, 68, 12];
    const draw = (shape: number[], seed: number) =>
      tensor(device, random64(shape, new Random(seed)).data, shape);
    const params = new Map(
      Object.entries({ x: draw([m, k], 1), weight: draw([n, k], 2), bias: draw([n], 3) }),
    );
    const loss = () => {
      const [x, weight, bias] = [...params.values()] as [Tensor, Tensor, Tensor];
      return sum(square(matmul(x, weight, { transposeB: true, bias })));
    };
    const gradients = (tiling: Tiling) => withTiling(device, tiling, () => valueAndGrad(loss, params)).grads;
    const [got, want] = [gradients(exact), gradients({ kind: "register", rows: 4, lanes: 1 })];
    for (const name of params.keys()) {
      const wanted = await (want.get(name) as Tensor).read();
      assertClose(name, await (got.get(name) as Tensor).read(), wanted, 1e-5 * largest(wanted));
    }
    const [a, b] = [draw([m, 8], 4), draw([m, 12], 5)];
    const parts = withSplits(device, 2, () =>
      withTiling(device, exact, () => matmul(a, b, { transposeA: true })),
    );
    const whole = await matmul(a, b, { transposeA: true }).read();
    assertClose("parts", await parts.read(), whole, 1e-5 * largest(whole));
  });

  it("is tuned only where its products agree with those of other tilings", async () => {
    const problem = { rows: 1, columns: 1, depth: 1, batches: 1, transposeA: false, transposeB: true };
    // Three quarters of the rows.
    const wrong = tilingOf({ m: 24, n: 32, k: 8, component: "f32" }, 16);
    expect(await agreeingTilings(device, [wrong, exact], problem)).toEqual([exact]);
  });

  it("leaves operands to other tilings that its tiles do not hold exactly", async () => {
    using _scope = device.scope();
    const halves: Tiling = { ...exact, unit: { m: 8, n: 8, k: 8, component: "f16" } };
    const a = zeros(device, [4, 4]);
    expect(await withTiling(device, halves, () => matmul(a, a)).read()).toEqual(new Float32Array(16));
  });
});

const config = (sizes: Partial<SubgroupMatrixConfig> = {}): SubgroupMatrixConfig => ({
  m: 16,
  n: 8,
  k: 16,
  component: "f16",
  result: "f32",
  ...sizes,
});
const infoOf = (min: number, max: number, ...subgroupMatrices: SubgroupMatrixConfig[]) =>
  ({
    subgroupMinSize: min,
    subgroupMaxSize: max,
    features: new Set(["shader-f16"]),
    subgroupMatrices,
  }) as unknown as DeviceInfo;
const namesFor = (info: DeviceInfo, operands = {}) =>
  tilingsFor(info, operands)
    .map(tilingName)
    .filter((name) => name.startsWith("matrix"));

it("is offered where subgroups have one size and a product of theirs is summed in f32", () => {
  const halves = { halfA: true, halfB: true };
  const full = config({ component: "f32", n: 16 });
  expect(namesFor(infoOf(32, 32, config()), halves)).toEqual(["matrix16x8x16.f16"]);
  expect(namesFor(infoOf(32, 32, config(), full))).toEqual(["matrix16x16x16.f32"]);
  expect(namesFor(infoOf(32, 32, config()), { halfB: true })).toEqual([]);
  expect(namesFor(infoOf(16, 32, config()), halves)).toEqual([]);
  expect(namesFor({ ...infoOf(32, 32, config()), features: new Set() }, halves)).toEqual([]);
  for (const refused of [{ result: "f16" }, { component: "u8" }, { m: 32 }, { n: 12 }, { k: 64 }]) {
    expect(namesFor(infoOf(32, 32, config(refused)), halves)).toEqual([]);
  }
  expect(matrixBytes({ m: 16, n: 8, k: 16, component: "f32" })).toBe(16 * 1024);
  expect(matrixBytes({ m: 16, n: 8, k: 32, component: "f16" })).toBe(16 * 1024);
});
