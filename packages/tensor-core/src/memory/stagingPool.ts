/** @file Buffers that results are read back through: host memory that a device copies into. */

import { BufferUsage } from "../device/gpuConstants.ts";
import { sizeClass } from "./bufferPool.ts";

/** Kept for reads to come: small results are read in every step, large ones now and then. */
const defaultKeptBytes = 16 * 2 ** 20;

/** Hands out staging buffers by size, and keeps few of them for later. */
export class StagingPool {
  readonly #gpu: GPUDevice;
  readonly #maxKeptBytes: number;
  /** The one given back longest ago first. */
  readonly #kept: GPUBuffer[] = [];
  #keptBytes = 0;
  #bytes = 0;

  /** @param maxKeptBytes most bytes of buffers that nobody uses */
  constructor(gpu: GPUDevice, maxKeptBytes = defaultKeptBytes) {
    this.#gpu = gpu;
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** Bytes of all staging buffers that exist. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer of at least `bytes` that can be copied to and mapped; the caller gives it back, or drops it. */
  take(bytes: number): GPUBuffer {
    const size = Math.min(sizeClass(bytes), this.#gpu.limits.maxBufferSize);
    const at = this.#kept.findLastIndex((buffer) => buffer.size === size);
    const [kept] = at < 0 ? [] : this.#kept.splice(at, 1);
    if (kept) {
      this.#keptBytes -= size;
      return kept;
    }
    this.#bytes += size;
    return this.#gpu.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  }

  /** Takes an unmapped buffer back, for later reads. */
  give(buffer: GPUBuffer): void {
    this.#kept.push(buffer);
    this.#keptBytes += buffer.size;
    while (this.#keptBytes > this.#maxKeptBytes) this.#dropOldest();
  }

  /** Takes a buffer back that is not to be used again. */
  drop(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  /** Destroys the buffers that nobody uses. */
  trim(): void {
    while (this.#kept.length > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#kept.shift();
    if (!oldest) return;
    this.#keptBytes -= oldest.size;
    this.drop(oldest);
  }
}
