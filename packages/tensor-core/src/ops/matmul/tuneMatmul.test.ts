/** @file What is tuned is used, for problems of its class alone, and only while its kernels are those of today. */

import { expect, it } from "vitest";
import type { DeviceInfo } from "../../device/openDevice.ts";
import { full } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { tilingName } from "./matmulVariant.ts";
import {
  chooseTiling,
  defaultTiling,
  matmulFamily,
  matmulRevision,
  type MatmulProblem,
  shapeClass,
  tilingsFor,
} from "./tilings.ts";
import { tuneMatmul } from "./tuneMatmul.ts";

const problem: MatmulProblem = {
  rows: 64,
  columns: 64,
  depth: 32,
  batches: 1,
  transposeA: false,
  transposeB: true,
};

it("tries every tiling, and the choice holds for the shape class", async () => {
  const own = await Device.open({ tuned: false });
  const untuned = tilingName(chooseTiling(own, problem));
  const [tuned, large] = await tuneMatmul(own, [problem, { ...problem, rows: 128 }], { repeats: 1 });
  const names = tilingsFor(own.info).map(tilingName);
  expect(tuned?.tried.map(({ tiling }) => tiling).toSorted()).toEqual(names.toSorted());
  // An invocation an element takes minutes for what is large.
  expect(large?.tried.map(({ tiling }) => tiling)).not.toContain("element");
  expect(tuned?.untuned).toBe(untuned);
  expect(tilingName(chooseTiling(own, problem))).toBe(tuned?.chosen);

  const choose = (name: string, revision = matmulRevision(own.info)) =>
    own.tuning.set(matmulFamily(problem), revision, shapeClass(problem), name);
  choose("tile8");
  expect(tilingName(chooseTiling(own, { ...problem, rows: 40 }))).toBe("tile8");
  for (const other of [{ rows: 65 }, { depth: 200 }, { transposeA: true }, { batches: 2 }]) {
    expect(tilingName(chooseTiling(own, { ...problem, ...other }))).not.toBe("tile8");
  }
  choose("a tiling that was removed");
  expect(tilingName(chooseTiling(own, problem))).toBe(untuned);
  choose("tile8", "another revision");
  expect(tilingName(chooseTiling(own, problem))).toBe(untuned);
  own.gpu.destroy();
  // SwiftShader compiles slowly.
}, 180_000);

it("leaves the tensors alone that others make meanwhile, and frees its own", async () => {
  using own = await Device.open({ tuned: false });
  const tuning = tuneMatmul(own, [{ ...problem, rows: 4, columns: 4, depth: 4 }], { repeats: 0 });
  const x = full(own, [2], 5);
  await tuning;
  expect(await x.read()).toEqual(Float32Array.of(5, 5));
  expect(own.stats.live).toBe(1);
}, 180_000);

it("tunes halves by themselves, read as such only where the adapter can", () => {
  const info = { ...device(true, 8), features: new Set(["shader-f16"]) };
  const without = { ...info, features: new Set<string>() };
  const halves = { halfA: true };
  const names = tilingsFor(without, halves).map(tilingName);
  expect([...names, "element"]).toEqual(tilingsFor(info).map(tilingName));
  expect(tilingsFor(info, halves).map(tilingName)).toEqual([
    ...names,
    ...names.map((name) => `${name}.native`),
  ]);
  expect(matmulFamily(halves)).toBe("matmul.f16.f32");
  expect(matmulFamily({ halfA: true, halfB: true })).toBe("matmul.f16");
  expect(matmulRevision(info, halves)).not.toBe(matmulRevision(without, halves));
  expect(matmulRevision(info)).toBe(matmulRevision(without));
});

const device = (software: boolean, min: number, max = min) =>
  ({ software, subgroupMinSize: min, subgroupMaxSize: max }) as DeviceInfo;
const at = (info: DeviceInfo, sizes: Partial<MatmulProblem> = {}) =>
  tilingName(defaultTiling(info, { ...problem, rows: 2048, ...sizes }));

it("has a default for every kind of device", () => {
  expect(at(device(true, 8))).toBe("broadcast8x16.by2");
  expect(at(device(true, 4), { rows: 6 })).toBe("broadcast4x8");
  expect(at(device(true, 8), { depth: 33 })).toBe("broadcast8x8");
  expect(at(device(true, 0))).toBe("register8");
  const head = { rows: 64, columns: 10 };
  expect(at(device(true, 8), head)).toBe("element");
  expect(at(device(true, 0), head)).toBe("element");
  expect(at(device(true, 8), { ...head, halfB: true })).toBe("broadcast8x8");
  expect(at(device(true, 8), { ...head, rows: 2048 })).toBe("broadcast8x8");
  expect(at(device(true, 8), { rows: 10, transposeA: true, transposeB: false })).toBe("element");
  expect(at(device(true, 8), { rows: 10 })).toBe("broadcast8x16.by2");
  expect(at(device(false, 32), head)).toBe("tile4");
  expect(at(device(false, 32))).toBe("tile8");
  expect(at(device(false, 8, 32), { rows: 64 })).toBe("tile4");
  expect(at(device(false, 32), { rows: 1 })).toBe("register4");
});
