/** @file Storage buffers in size classes, handed out again in a fixed order. */

import { BufferUsage } from "../device/gpuConstants.ts";
import { MemoryError } from "./memoryError.ts";

export interface PoolStats {
  /** Bytes of all buffers that exist. */
  readonly allocatedBytes: number;
  /** Bytes of the buffers that are handed out. */
  readonly usedBytes: number;
  /** The largest `usedBytes` so far. */
  readonly peakBytes: number;
  /** Buffers ever created. */
  readonly created: number;
  /** Buffers that are handed out. */
  readonly live: number;
}

/** A buffer of the pool, with a number that is stable for its life. */
export interface PooledBuffer {
  readonly id: number;
  readonly buffer: GPUBuffer;
  /** Size of the class, in bytes. */
  readonly bytes: number;
}

const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/**
 * A pool of storage buffers.
 *
 * The free buffer with the lowest number is handed out first, whatever the order in which buffers came back. So a loop
 * that allocates in the same order gets the same buffers in every turn, and the bind groups made for them can be used
 * again.
 */
export class BufferPool {
  readonly #gpu: GPUDevice;
  readonly #budgetBytes: number;
  readonly #beforeTrim: () => void;
  readonly #free = new Map<number, PooledBuffer[]>();
  #stats = { allocatedBytes: 0, usedBytes: 0, peakBytes: 0, created: 0, live: 0 };

  /**
   * @param budgetBytes most bytes that all buffers may take
   * @param beforeTrim  called before buffers are destroyed, to submit the recorded work that uses them
   */
  constructor(
    gpu: GPUDevice,
    budgetBytes: number = Number.POSITIVE_INFINITY,
    beforeTrim: () => void = () => {},
  ) {
    this.#gpu = gpu;
    this.#budgetBytes = budgetBytes;
    this.#beforeTrim = beforeTrim;
  }

  get stats(): PoolStats {
    return { ...this.#stats };
  }

  /**
   * Hands out a buffer of at least `bytes`; its content is undefined.
   *
   * @param what names the owner in an error
   * @throws MemoryError over the budget or the device's largest binding
   */
  acquire(bytes: number, what: string): PooledBuffer {
    const size = sizeClass(bytes);
    const limit = this.#gpu.limits.maxStorageBufferBindingSize;
    if (bytes > limit) {
      throw new MemoryError(
        `${what} needs ${bytes} bytes, more than the ${limit} that this device binds at once; split it.`,
      );
    }
    const stats = this.#stats;
    let pooled = this.#free.get(size)?.pop();
    if (!pooled) {
      if (stats.allocatedBytes + size > this.#budgetBytes) this.trim();
      if (stats.allocatedBytes + size > this.#budgetBytes) {
        throw new MemoryError(
          `${what} needs ${size} bytes; ${stats.usedBytes} of the budget of ${this.#budgetBytes} are in use. ` +
            "Use a smaller batch, dispose of scopes earlier, or raise the budget.",
        );
      }
      const buffer = this.#gpu.createBuffer({ size, usage });
      pooled = { id: stats.created++, buffer, bytes: size };
      stats.allocatedBytes += size;
    }
    stats.live++;
    stats.usedBytes += size;
    stats.peakBytes = Math.max(stats.peakBytes, stats.usedBytes);
    return pooled;
  }

  /** Takes a buffer back. Work recorded earlier may still use it: the queue keeps the order. */
  release(pooled: PooledBuffer): void {
    let list = this.#free.get(pooled.bytes);
    if (!list) this.#free.set(pooled.bytes, (list = []));
    let at = list.length;
    while (at > 0 && (list[at - 1] as PooledBuffer).id < pooled.id) at--;
    list.splice(at, 0, pooled); // highest number first
    this.#stats.live--;
    this.#stats.usedBytes -= pooled.bytes;
  }

  /** Destroys the buffers that nobody holds. */
  trim(): void {
    if (this.#free.size === 0) return;
    this.#beforeTrim();
    for (const list of this.#free.values()) {
      for (const pooled of list) {
        pooled.buffer.destroy();
        this.#stats.allocatedBytes -= pooled.bytes;
      }
    }
    this.#free.clear();
  }
}

/** Rounds up to four classes per power of two, at least 256 bytes, so at most a fifth of a buffer is unused. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(6, Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
