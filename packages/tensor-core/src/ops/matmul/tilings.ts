/** @file Which tiling a product gets on a device: the tuned one where there is one, else by the kind of device. */

import type { DeviceInfo } from "../../device/openDevice.ts";
import type { Device } from "../../tensor/device.ts";
import { assemble } from "../../kernel/assemble.ts";
import { Imposed, powerOfTwo, revisionOf } from "../../kernel/variantChoice.ts";
import { matmulKernel } from "./matmul.wgsl.ts";
import {
  fitsOperands,
  matrixBytes,
  matrixDepth,
  plainEpilogue,
  type Tiling,
  tilingName,
} from "./matmulVariant.ts";

/** The sizes of a product, as far as they decide how to compute it. */
export interface MatmulProblem {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batches: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** a or b is stored as f16; default false. */
  readonly halfA?: boolean;
  readonly halfB?: boolean;
}

type Operands = Pick<MatmulProblem, "halfA" | "halfB">;

/** Every tiling that runs on the device, for operands of those dtypes. */
export function tilingsFor(info: DeviceInfo, operands: Operands = {}): readonly Tiling[] {
  const { halfA, halfB } = operands;
  const lanes = broadcastLanes(info);
  const tilings: readonly Tiling[] = [
    ...(lanes > 1 ? broadcasts.map((tiling) => ({ ...tiling, lanes })) : []),
    ...([4, 8] as const).map((rows) => ({ kind: "register" as const, rows, lanes: 1 })),
    ...([4, 8] as const).map((rows) => ({ kind: "tile" as const, rows, lanes: 1 })),
  ];
  const elements = [elementTiling].filter((tiling) => fitsOperands(tiling, operands));
  const matrices = matrixTilings(info).filter((tiling) => fitsOperands(tiling, operands));
  if (!(halfA || halfB) || !info.features.has("shader-f16")) return [...tilings, ...elements, ...matrices];
  return [...tilings, ...tilings.map((tiling) => ({ ...tiling, nativeHalves: true })), ...matrices];
}

const broadcasts = [
  { kind: "broadcast", rows: 4 },
  { kind: "broadcast", rows: 8 },
  { kind: "broadcast", rows: 16 },
  { kind: "broadcast", rows: 16, step: 2 },
] as const;

const elementTiling: Tiling = { kind: "element", rows: 1, lanes: 1 };

/** A tiling for each product of subgroup matrices that divides the block of a subgroup, whose size must be fixed. */
function matrixTilings(info: DeviceInfo): Tiling[] {
  const { subgroupMatrices = [], subgroupMinSize, subgroupMaxSize, features } = info;
  if (subgroupMinSize !== subgroupMaxSize || ![16, 32, 64].includes(subgroupMinSize)) return [];
  return subgroupMatrices.flatMap(({ m, n, k, component, result }): Tiling[] => {
    if ((component !== "f16" && component !== "f32") || result !== "f32") return [];
    if (component === "f16" && !features.has("shader-f16")) return [];
    const unit = { m, n, k, component } as const;
    if (32 % m > 0 || 32 % n > 0 || matrixDepth(unit) % k > 0 || matrixBytes(unit) > leastMemory) return [];
    return [{ kind: "matrix", rows: 32, lanes: subgroupMinSize, unit, nativeHalves: component === "f16" }];
  });
}

/** Bytes of workgroup memory that every adapter has. WebGPU specification, section 3.6.2. */
const leastMemory = 16_384;

/**
 * The tiling without any tuning. A software device runs one workgroup a core and pays for every load, so the largest
 * block that a product fills is best, but what is small and not aligned is over before a block of its own is compiled; a
 * GPU wants tiles shared by many invocations, unless rows are too few to share.
 */
export function defaultTiling(info: DeviceInfo, problem: MatmulProblem): Tiling {
  const { rows, columns, depth } = problem;
  const lanes = broadcastLanes(info);
  if (info.software && isSmall(problem) && !isAligned(problem) && fitsOperands(elementTiling, problem)) {
    return elementTiling;
  }
  if (info.software && lanes > 1) {
    // What is not aligned has twice the code, and compiles twice as long.
    const large = rows > 8 && columns % 4 === 0 && depth % 4 === 0;
    if (large) return { kind: "broadcast", rows: 16, lanes, step: 2 };
    return { kind: "broadcast", rows: rows <= 4 ? 4 : 8, lanes };
  }
  if (info.software || rows <= 16) return { kind: "register", rows: rows <= 4 ? 4 : 8, lanes: 1 };
  return { kind: "tile", rows: rows <= 64 ? 4 : 8, lanes: 1 };
}

/** Multiply-adds for which an invocation an element loses a quarter of a millisecond on two cores; a block costs 0.4 s once. */
const fewProducts = 2 ** 17;

/** Whether a product is small enough for an invocation an element. */
export function isSmall({ batches, rows, columns, depth }: MatmulProblem): boolean {
  return batches * rows * columns * depth <= fewProducts;
}

/** Whether operands and result are read and written in fours. */
function isAligned({ rows, columns, depth, transposeA }: MatmulProblem): boolean {
  return [columns, depth, ...(transposeA ? [rows] : [])].every((size) => size % 4 === 0);
}

const imposed = new Imposed<{ readonly tiling: Tiling; readonly splits: number }>();

/** The tiling of a product on a device. */
export function chooseTiling(device: Device, problem: MatmulProblem): Tiling {
  const { tiling } = imposed.on(device);
  if (tiling && fitsOperands(tiling, problem)) return tiling;
  return tunedTiling(device, problem) ?? defaultTiling(device.info, problem);
}

/** The name of matmul's kernels in a device's tuning: `matmul.f32`, `matmul.f16`, or `matmul.f32.f16` by a and b. */
export function matmulFamily({ halfA, halfB }: Operands): string {
  const [a, b] = [halfA ? "f16" : "f32", halfB ? "f16" : "f32"];
  return a === b ? `matmul.${a}` : `matmul.${a}.${b}`;
}

function tunedTiling({ info, tuning }: Device, problem: MatmulProblem): Tiling | undefined {
  const family = matmulFamily(problem);
  if (!tuning.has(family)) return undefined;
  const name = tuning.get(family, matmulRevision(info, problem), shapeClass(problem));
  return name === undefined
    ? undefined
    : tilingsFor(info, problem).find((tiling) => tilingName(tiling) === name);
}

/** Problems that share a choice: equal storage, sizes equal up to the next power of two. */
export function shapeClass({ rows, columns, depth, batches, transposeA, transposeB }: MatmulProblem): string {
  const stored = `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  return `${stored} ${[rows, columns, depth].map(powerOfTwo).join("x")}${batches > 1 ? ` by ${powerOfTwo(batches)}` : ""}`;
}

/** Changes with the WGSL of any tiling that runs on the device. */
export function matmulRevision(info: DeviceInfo, { halfA = false, halfB = false }: Operands = {}): string {
  return revisionOf(info, matmulFamily({ halfA, halfB }), () =>
    tilingsFor(info, { halfA, halfB }).map((tiling) =>
      assemble(matmulKernel({ ...aligned, halfA, halfB, tiling })),
    ),
  );
}

const aligned = {
  epilogue: plainEpilogue,
  transposeA: false,
  transposeB: false,
  quadsA: true,
  quadsB: true,
  quadsY: true,
  wholeDepth: true,
  sums: false,
};

/**
 * Runs `fn` with one tiling for every product on the device, whatever their shapes; for tests and tuning.
 *
 * @internal
 */
export function withTiling<T>(device: Device, tiling: Tiling, fn: () => T): T {
  return imposed.during(device, { tiling }, fn);
}

/**
 * Runs `fn` with the depth of every product on the device split; for tests.
 *
 * @internal
 */
export function withSplits<T>(device: Device, splits: number, fn: () => T): T {
  return imposed.during(device, { splits }, fn);
}

/** Workgroups that keep a GPU of any size in business. */
const fullGpu = 256;
/** Steps along K that are worth a workgroup and a place in the second pass. */
const leastSplitDepth = 256;

/** Into how many parts the depth is split: more than one where a GPU would stand idle otherwise. */
export function splitsFor(device: Device, blocks: number, depth: number): number {
  const wanted = imposed.on(device).splits ?? (device.info.software ? 1 : Math.ceil(fullGpu / blocks));
  return Math.max(1, Math.min(wanted, Math.floor(depth / leastSplitDepth)));
}

/** The subgroup size where it is fixed and small enough to broadcast over; else 1. */
function broadcastLanes({ subgroupMinSize, subgroupMaxSize }: DeviceInfo): number {
  return subgroupMinSize === subgroupMaxSize && [4, 8, 16, 32].includes(subgroupMinSize)
    ? subgroupMinSize
    : 1;
}
