/** @file Who holds the device's memory. */

import type { BufferPool } from "../memory/bufferPool.ts";
import type { Tensor } from "./tensor.ts";

/** One tensor that holds memory. */
export interface MemoryHolder {
  /** Its name, where it was given one, else `[op] name` of what made it. */
  readonly label: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Bytes that it keeps from others, padding included. */
  readonly bytes: number;
}

/** The memory of a device, in bytes. */
export interface MemoryReport {
  /** What tensors hold. */
  readonly usedBytes: number;
  /** What is kept for tensors to come. */
  readonly freeBytes: number;
  /** What results are read back through; no part of the budget. */
  readonly stagingBytes: number;
  /** The most that tensors have held at once. */
  readonly peakBytes: number;
  /** Infinity where there is no budget. */
  readonly budgetBytes: number;
  /** The largest first. */
  readonly holders: readonly MemoryHolder[];
}

/** @internal See `Device.memoryReport`. */
export function reportMemory(
  pool: BufferPool,
  stagingBytes: number,
  names: ReadonlyMap<string, Tensor>,
): MemoryReport {
  const known = new Map<number, string>();
  for (const [name, tensor] of names) {
    if (!tensor.live || !tensor.hasMemory) continue;
    const { pooled } = tensor.binding;
    known.set((pooled.place ?? pooled).id, name);
  }
  const holders = [...pool.live].map(({ id, bytes, owner }) => ({
    label: known.get(id) ?? owner.label,
    shape: owner.shape,
    dtype: owner.dtype,
    bytes,
  }));
  holders.sort((a, b) => b.bytes - a.bytes);
  const { allocatedBytes, usedBytes, peakBytes } = pool.stats;
  return {
    usedBytes,
    freeBytes: allocatedBytes - usedBytes,
    stagingBytes,
    peakBytes,
    budgetBytes: pool.budgetBytes,
    holders,
  };
}
