/** @file The tensor handle: a shape and a dtype over device memory. Always contiguous, row-major. */

import type { Owned } from "../memory/scope.ts";
import type { PooledBuffer } from "../memory/bufferPool.ts";
import type { Binding } from "../kernel/command.ts";
import { assertNumbers } from "./assertNumbers.ts";
import type { Device } from "./device.ts";
import { asTypedArray, byteLength, type DType, fromBytes, type TypedArrayOf } from "./dtype.ts";
import { type Shape, ShapeError, showShape, sizeOf } from "./shape.ts";
import { imagineMemory, makesNoMemory } from "./withoutMemory.ts";

/** Device memory shared by a tensor and its reshaped views. */
interface Storage {
  /** Absent where there is no memory; see `withoutMemory`. */
  readonly pooled?: PooledBuffer;
  /** Gives the memory back. */
  readonly release: () => void;
  references: number;
}

/** Elements by whose multiples a part of a tensor may begin: what every device can bind, for every dtype. */
export const rangeAlignment = 128;

/** The shape and dtype of a tensor to be made. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tensor on a device. Ops are free functions: `add(a, b)`. */
export class Tensor<D extends DType = DType> implements Owned {
  readonly device: Device;
  readonly shape: Shape;
  readonly dtype: D;
  readonly #storage: Storage;
  /** Where the elements begin in the storage, in bytes. */
  readonly #offset: number;
  /** Once it is freed: since when it cannot be used, and what to do about it. */
  #freed: string | undefined;

  private constructor(device: Device, shape: Shape, dtype: D, storage: Storage, offset: number) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.#storage = storage;
    this.#offset = offset;
    device.currentScope?.add(this);
  }

  /** @internal Undefined content, owned by the current scope. */
  static allocate<D extends DType>(device: Device, shape: Shape, dtype: D, what: string): Tensor<D> {
    const bytes = byteLength(sizeOf(shape), dtype);
    if (makesNoMemory()) {
      return new Tensor(device, [...shape], dtype, { release: imagineMemory(bytes), references: 1 }, 0);
    }
    const pooled = device.pool.acquire(bytes, { label: what, shape, dtype });
    const release = () => device.pool.release(pooled);
    return new Tensor(device, [...shape], dtype, { pooled, release, references: 1 }, 0);
  }

  /** @internal The same memory under another shape of the same size. */
  view(shape: Shape): Tensor<D> {
    this.assertLive("reshape");
    this.#storage.references++;
    return new Tensor(this.device, [...shape], this.dtype, this.#storage, this.#offset);
  }

  /**
   * @internal A part of the same memory.
   *
   * @param start first element, a multiple of {@link rangeAlignment}
   */
  range(start: number, shape: Shape): Tensor<D> {
    this.assertLive("range");
    this.#storage.references++;
    const offset = this.#offset + byteLength(start, this.dtype);
    return new Tensor(this.device, [...shape], this.dtype, this.#storage, offset);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get bytes(): number {
    return byteLength(this.size, this.dtype);
  }

  /** @internal */
  get binding(): Binding {
    if (!this.#storage.pooled) {
      throw new Error(
        `a tensor of ${showShape(this.shape)} was made without memory: give its model values with adopt, or load weights`,
      );
    }
    return { pooled: this.#storage.pooled, bytes: this.bytes, offset: this.#offset };
  }

  /** @internal False once it is freed. */
  get live(): boolean {
    return this.#freed === undefined;
  }

  /** False for a tensor of `withoutMemory`, which has no values. */
  get hasMemory(): boolean {
    return this.#storage.pooled !== undefined;
  }

  /** @throws Error if the tensor was disposed of */
  assertLive(op: string): void {
    if (this.#freed !== undefined) {
      throw new Error(`[${op}] a tensor of ${showShape(this.shape)} was used ${this.#freed}`);
    }
  }

  /** Frees the memory once no view uses it; calling it twice does nothing. */
  dispose(): void {
    this.free("after it, or what it is a part of, was disposed of: do that once nothing uses it any more");
  }

  /**
   * @internal As {@link dispose}. Scopes call it.
   *
   * @param why since when it cannot be used, and the way out: what is said where it is
   */
  free(why: string): void {
    if (this.#freed !== undefined) return;
    this.#freed = why;
    this.device.forget(this);
    if (--this.#storage.references === 0) this.#storage.release();
  }

  /** Reads all elements, after the work recorded so far. */
  async read(): Promise<TypedArrayOf<D>> {
    this.assertLive("read");
    if (this.size === 0) return fromBytes(new ArrayBuffer(0), 0, this.dtype) as TypedArrayOf<D>;
    const bytes = await this.device.download(this.binding);
    return fromBytes(bytes, this.size, this.dtype) as TypedArrayOf<D>;
  }

  /**
   * Reads the only element.
   *
   * @throws ShapeError if there is not exactly one
   */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError(`[item] needs one element, ${showShape(this.shape)} has ${this.size}`);
    return (await this.read())[0] as number;
  }

  /**
   * Overwrites all elements in place.
   *
   * @throws ShapeError if the count differs
   * @throws RangeError if a value for i32 or u32 is none of its numbers; nothing is written then
   */
  write(values: ArrayLike<number>): this {
    this.assertLive("write");
    if (values.length !== this.size) {
      throw new ShapeError(
        `[write] ${showShape(this.shape)} holds ${this.size} values, got ${values.length}`,
      );
    }
    assertNumbers("[write] the tensor", this.dtype, values);
    if (this.size > 0 && !makesNoMemory()) this.device.upload(this.binding, asTypedArray(values, this.dtype));
    return this;
  }
}
