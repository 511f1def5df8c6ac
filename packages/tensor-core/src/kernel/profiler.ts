/** @file Times each kernel by the device's own clock, one pass a dispatch. */

import { BufferUsage, MapMode } from "../device/gpuConstants.ts";
import { DeviceError } from "../device/deviceError.ts";
import type { DeviceInfo } from "../device/openDevice.ts";
import { waitForDevice } from "../device/waitForDevice.ts";

/** What one kernel took in all its dispatches. */
export interface KernelTiming {
  readonly label: string;
  readonly dispatches: number;
  /** Milliseconds by the device's clock, all dispatches together. */
  readonly ms: number;
}

const queriesPerSet = 4096;
const bytesPerQuery = 8;

/**
 * Collects two timestamps a dispatch.
 *
 * Splitting a pass by dispatch costs time between kernels, which the figures leave out: their sum is less than the
 * time of the same work unprofiled.
 */
export class Profiler {
  readonly #gpu: GPUDevice;
  readonly #info: DeviceInfo;
  readonly #sets: GPUQuerySet[] = [];
  readonly #labels: string[] = [];

  /** @throws DeviceError if the device has no `timestamp-query` */
  constructor(gpu: GPUDevice, info: DeviceInfo) {
    if (!gpu.features.has("timestamp-query")) {
      throw new DeviceError(
        "this adapter does not offer timestamp-query, so kernels cannot be timed one by one; " +
          "time whole steps with synchronize() instead",
      );
    }
    this.#gpu = gpu;
    this.#info = info;
  }

  /** The timestamps of the next dispatch's pass. */
  next(label: string): GPUComputePassTimestampWrites {
    const query = (2 * this.#labels.length) % queriesPerSet;
    if (query === 0) this.#sets.push(this.#gpu.createQuerySet({ type: "timestamp", count: queriesPerSet }));
    this.#labels.push(label);
    const querySet = this.#sets.at(-1) as GPUQuerySet;
    return { querySet, beginningOfPassWriteIndex: query, endOfPassWriteIndex: query + 1 };
  }

  /** Reads all timestamps; the work must be submitted. Kernels are sorted by time, the slowest first. */
  async read(): Promise<KernelTiming[]> {
    const totals = new Map<string, { label: string; dispatches: number; ms: number }>();
    for (const [index, querySet] of this.#sets.entries()) {
      const stamps = await this.#readSet(querySet);
      const labels = this.#labels.slice((index * queriesPerSet) / 2, ((index + 1) * queriesPerSet) / 2);
      for (const [at, label] of labels.entries()) {
        const total = totals.get(label) ?? { label, dispatches: 0, ms: 0 };
        total.dispatches++;
        total.ms += Number((stamps[2 * at + 1] as bigint) - (stamps[2 * at] as bigint)) / 1e6;
        totals.set(label, total);
      }
      querySet.destroy();
    }
    return [...totals.values()].toSorted((a, b) => b.ms - a.ms);
  }

  async #readSet(querySet: GPUQuerySet): Promise<BigUint64Array> {
    const size = queriesPerSet * bytesPerQuery;
    const resolved = this.#gpu.createBuffer({
      size,
      usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
    });
    const staging = this.#gpu.createBuffer({ size, usage: BufferUsage.COPY_DST | BufferUsage.MAP_READ });
    const encoder = this.#gpu.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, queriesPerSet, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.#gpu.queue.submit([encoder.finish()]);
    await waitForDevice(this.#info, staging.mapAsync(MapMode.READ));
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.destroy();
    resolved.destroy();
    return stamps;
  }
}
