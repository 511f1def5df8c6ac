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

/** What a buffer was asked for. */
export interface MemoryOwner {
  /** `[op] name` of the tensor. */
  readonly label: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The parameter that it was, once its module has adopted another tensor in its place. */
  readonly replaced?: string;
}

/** A buffer of the pool, with a number that is stable for its life. */
export interface PooledBuffer {
  readonly id: number;
  /** Size of the class, in bytes. */
  readonly bytes: number;
  /** Who has it now. */
  owner: MemoryOwner;
  /** How many hold it; it is free at 0. */
  holds: number;
  /** Undefined until the recording that made it has found its place. */
  buffer: GPUBuffer | undefined;
  /** The buffer of the pool whose memory it is, if it was made by a recording. */
  place: PooledBuffer | undefined;
}

/**
 * Bytes from which on a new buffer is watched: the device tells later that it has no memory for it, and then the error
 * names its owner. Smaller ones seldom are what fails, and to watch takes a message to the device and back.
 */
const watchedBytes = 2 ** 20;

const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

/**
 * A pool of storage buffers.
 *
 * The free buffer with the lowest number is handed out first, whatever the order in which buffers came back. So a loop
 * that allocates in the same order gets the same buffers in every turn, and the bind groups made for them can be used
 * again.
 */
export class BufferPool {
  /** While it is set, buffers are made without memory, and none is taken back: what is recorded runs later. */
  recorded: { readonly buffers: PooledBuffer[]; readonly released: PooledBuffer[] } | undefined;
  readonly #gpu: GPUDevice;
  readonly #budgetBytes: number;
  readonly #beforeTrim: () => void;
  readonly #onRefusal: (error: MemoryError) => void;
  /** Buffers in use for which the device had no memory. */
  readonly #refused = new Set<PooledBuffer>();
  readonly #free = new Map<number, PooledBuffer[]>();
  readonly #live = new Set<PooledBuffer>();
  #nextId = 0;
  #stats = { allocatedBytes: 0, usedBytes: 0, peakBytes: 0, created: 0 };

  /**
   * @param budgetBytes most bytes that all buffers may take
   * @param beforeTrim  called before buffers are destroyed, to submit the recorded work that uses them
   * @param onRefusal   called later, where the device had no memory for a buffer that was handed out
   */
  constructor(
    gpu: GPUDevice,
    budgetBytes: number = Number.POSITIVE_INFINITY,
    beforeTrim: () => void = () => {},
    onRefusal: (error: MemoryError) => void = () => {},
  ) {
    this.#gpu = gpu;
    this.#budgetBytes = budgetBytes;
    this.#beforeTrim = beforeTrim;
    this.#onRefusal = onRefusal;
  }

  get stats(): PoolStats {
    return { ...this.#stats, live: this.#live.size };
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** The buffers that are handed out. */
  get live(): ReadonlySet<PooledBuffer> {
    return this.#live;
  }

  /**
   * Hands out a buffer of at least `bytes`; its content is undefined.
   *
   * @throws MemoryError over the budget or the device's largest buffer
   */
  acquire(bytes: number, owner: MemoryOwner): PooledBuffer {
    if (this.recorded) {
      const size = sizeClass(bytes);
      const pooled = {
        id: this.#nextId++,
        bytes: size,
        owner,
        holds: 1,
        buffer: undefined,
        place: undefined,
      };
      this.recorded.buffers.push(pooled);
      return pooled;
    }
    return this.#acquireNow(bytes, owner);
  }

  /** Gives memory to a buffer that a recording made. */
  give(pooled: PooledBuffer): void {
    this.settle(pooled, this.#acquireNow(pooled.bytes, pooled.owner));
  }

  /** Makes `place`, which the caller holds for it, the memory of a buffer that a recording made. */
  settle(pooled: PooledBuffer, place: PooledBuffer): void {
    pooled.place = place;
    pooled.buffer = place.buffer;
  }

  /** Holds a buffer once more; each hold wants a release. */
  hold(pooled: PooledBuffer): void {
    pooled.holds++;
  }

  /**
   * Takes one hold back; the last makes the buffer free. Work recorded earlier may still use it: the queue keeps the
   * order.
   */
  release(pooled: PooledBuffer): void {
    if (this.recorded && this.#live.has(pooled)) {
      this.recorded.released.push(pooled);
      return;
    }
    if (--pooled.holds > 0) return;
    if (!this.#live.delete(pooled)) {
      if (pooled.place) this.release(pooled.place);
      return;
    }
    this.#stats.usedBytes -= pooled.bytes;
    if (this.#refused.delete(pooled)) return this.#destroy(pooled);
    let list = this.#free.get(pooled.bytes);
    if (!list) this.#free.set(pooled.bytes, (list = []));
    let at = list.length;
    while (at > 0 && (list[at - 1] as PooledBuffer).id < pooled.id) at--;
    list.splice(at, 0, pooled); // highest number first
  }

  /** Destroys the buffers that nobody holds. */
  trim(): void {
    this.#beforeTrim();
    for (const list of this.#free.values()) for (const pooled of list) this.#destroy(pooled);
    this.#free.clear();
  }

  #acquireNow(bytes: number, owner: MemoryOwner): PooledBuffer {
    const size = sizeClass(bytes);
    const limit = this.#gpu.limits.maxBufferSize;
    if (bytes > limit) {
      throw new MemoryError(
        `${describe(owner)} needs ${bytes} bytes, more than the ${limit} that a buffer of this device may have; split it.`,
      );
    }
    const stats = this.#stats;
    let pooled = this.#free.get(size)?.pop();
    if (!pooled) {
      if (stats.allocatedBytes + size > this.#budgetBytes) this.trim();
      if (stats.allocatedBytes + size > this.#budgetBytes) {
        throw new MemoryError(
          `${describe(owner)} needs ${size} bytes; ${stats.usedBytes} of the budget of ${this.#budgetBytes} are in use, ` +
            `most by ${this.#largest()}. Use a smaller batch, dispose of scopes earlier, checkpoint blocks, or raise the budget.`,
        );
      }
      pooled = { id: this.#nextId++, bytes: size, owner, holds: 0, buffer: undefined, place: undefined };
      pooled.buffer = this.#create(pooled, Math.min(size, limit));
      stats.created++;
      stats.allocatedBytes += size;
    }
    pooled.owner = owner;
    pooled.holds = 1;
    this.#live.add(pooled);
    stats.usedBytes += size;
    stats.peakBytes = Math.max(stats.peakBytes, stats.usedBytes);
    return pooled;
  }

  /** Makes the memory of a buffer; if the device has none, it tells later. */
  #create(pooled: PooledBuffer, size: number): GPUBuffer {
    if (size < watchedBytes) return this.#gpu.createBuffer({ size, usage });
    const { owner } = pooled;
    this.#gpu.pushErrorScope("out-of-memory");
    const buffer = this.#gpu.createBuffer({ size, usage });
    const refuse = (error: GPUError | null) => {
      if (!error) return;
      this.#refuse(pooled);
      this.#onRefusal(
        new MemoryError(
          `${describe(owner)} needs ${size} bytes, and the device has no memory left for it (${error.message}); ` +
            `${this.#stats.usedBytes} are in use, most by ${this.#largest()}. Use a smaller batch, dispose of scopes ` +
            "earlier, checkpoint blocks, or set memoryBudgetBytes, so that unused buffers are destroyed in time.",
        ),
      );
    };
    // A lost device answers with nothing, or an error of its own.
    this.#gpu.popErrorScope().then(refuse, () => {});
    return buffer;
  }

  /** Sees to it that a buffer without memory is not handed out again. */
  #refuse(pooled: PooledBuffer): void {
    if (this.#live.has(pooled)) {
      this.#refused.add(pooled);
      return;
    }
    const list = this.#free.get(pooled.bytes) ?? [];
    const at = list.indexOf(pooled);
    if (at < 0) return; // trimmed meanwhile
    list.splice(at, 1);
    this.#destroy(pooled);
  }

  #destroy(pooled: PooledBuffer): void {
    pooled.buffer?.destroy();
    this.#stats.allocatedBytes -= pooled.bytes;
  }

  #largest(): string {
    let top: PooledBuffer | undefined;
    for (const pooled of this.#live) if (!top || pooled.bytes > top.bytes) top = pooled;
    return top ? `${top.owner.label} [${top.owner.shape.join(", ")}] with ${top.bytes} bytes` : "nothing";
  }
}

const describe = ({ label, shape, dtype }: MemoryOwner) =>
  `${label}, a tensor of [${shape.join(", ")}] ${dtype},`;

/** Rounds up to four classes per power of two, at least 256 bytes, so at most a fifth of a buffer is unused. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(6, Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
