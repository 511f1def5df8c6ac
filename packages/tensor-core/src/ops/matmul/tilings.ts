/** @file Which tiling a product gets on a device: the tuned one where there is one, else by the kind of device. */

import type { DeviceInfo } from "../../device/openDevice.ts";
import type { Device } from "../../tensor/device.ts";
import type { Tiling } from "./matmulVariant.ts";

/** The sizes of a product, as far as they decide how to compute it. */
export interface Problem {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batches: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Every tiling that runs on the device. */
export function tilingsFor(info: DeviceInfo): readonly Tiling[] {
  const lanes = broadcastLanes(info);
  return [
    ...(lanes > 1 ? ([4, 8, 16] as const).map((rows) => ({ kind: "broadcast" as const, rows, lanes })) : []),
    ...([4, 8] as const).map((rows) => ({ kind: "register" as const, rows, lanes: 1 })),
    ...([4, 8] as const).map((rows) => ({ kind: "tile" as const, rows, lanes: 1 })),
  ];
}

/**
 * The tiling without any tuning. A software device runs one workgroup a core and pays for every load, so the largest
 * block that a product fills is best; a GPU wants tiles shared by many invocations, unless rows are too few to share.
 */
export function defaultTiling(info: DeviceInfo, { rows, columns, depth }: Problem): Tiling {
  const lanes = broadcastLanes(info);
  if (info.software && lanes > 1) {
    // What is not aligned has twice the code, and compiles twice as long.
    const large = rows > 8 && columns % 4 === 0 && depth % 4 === 0;
    return { kind: "broadcast", rows: rows <= 4 ? 4 : large ? 16 : 8, lanes };
  }
  if (info.software || rows <= 16) return { kind: "register", rows: rows <= 4 ? 4 : 8, lanes: 1 };
  return { kind: "tile", rows: rows <= 64 ? 4 : 8, lanes: 1 };
}

/** What tests and tuning impose on a device. */
interface Forced {
  readonly tiling?: Tiling;
  readonly splits?: number;
}

const forced = new WeakMap<Device, Forced>();

/** The tiling of a product on a device. */
export function chooseTiling(device: Device, problem: Problem): Tiling {
  return forced.get(device)?.tiling ?? defaultTiling(device.info, problem);
}

/**
 * Runs `fn` with one tiling for every product on the device, whatever their shapes; for tests and tuning.
 *
 * @internal
 */
export function withTiling<T>(device: Device, tiling: Tiling, fn: () => T): T {
  return withForced(device, { tiling }, fn);
}

/**
 * Runs `fn` with the depth of every product on the device split; for tests.
 *
 * @internal
 */
export function withSplits<T>(device: Device, splits: number, fn: () => T): T {
  return withForced(device, { splits }, fn);
}

function withForced<T>(device: Device, values: Forced, fn: () => T): T {
  forced.set(device, values);
  try {
    return fn();
  } finally {
    forced.delete(device);
  }
}

/** Workgroups that keep a GPU of any size in business. */
const fullGpu = 256;
/** Steps along K that are worth a workgroup and a place in the second pass. */
const leastSplitDepth = 256;

/** Into how many parts the depth is split: more than one where a GPU would stand idle otherwise. */
export function splitsFor(device: Device, blocks: number, depth: number): number {
  const wanted = forced.get(device)?.splits ?? (device.info.software ? 1 : Math.ceil(fullGpu / blocks));
  return Math.max(1, Math.min(wanted, Math.floor(depth / leastSplitDepth)));
}

/** The subgroup size where it is fixed and small enough to broadcast over; else 1. */
function broadcastLanes({ subgroupMinSize, subgroupMaxSize }: DeviceInfo): number {
  return subgroupMinSize === subgroupMaxSize && [4, 8, 16, 32].includes(subgroupMinSize)
    ? subgroupMinSize
    : 1;
}
