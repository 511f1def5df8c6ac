/** @file The device that tensors live on: adapter, memory, scopes and the recorder of kernels. */

import { DeviceError } from "../device/deviceError.ts";
import { type DeviceInfo, openDevice, type OpenDeviceOptions } from "../device/openDevice.ts";
import { BufferUsage, MapMode } from "../device/gpuConstants.ts";
import { BufferPool, type PooledBuffer, type PoolStats } from "../memory/bufferPool.ts";
import { type Owned, Scope } from "../memory/scope.ts";
import { type KernelTiming, Profiler } from "../kernel/profiler.ts";
import { Recorder, type RecorderStats } from "../kernel/recorder.ts";

export interface DeviceOptions extends OpenDeviceOptions {
  /** Most bytes that tensors may take on the device; no limit by default. */
  readonly memoryBudgetBytes?: number;
}

/** A WebGPU device with its memory and its recorder. */
export class Device {
  readonly gpu: GPUDevice;
  readonly info: DeviceInfo;
  /** @internal */
  readonly pool: BufferPool;
  /** @internal */
  readonly recorder: Recorder;
  readonly #scopes: Scope[] = [];
  readonly #staging = new Map<number, GPUBuffer[]>();
  #failure: Error | undefined;

  private constructor(gpu: GPUDevice, info: DeviceInfo, memoryBudgetBytes?: number) {
    this.gpu = gpu;
    this.info = info;
    this.recorder = new Recorder(gpu);
    this.pool = new BufferPool(gpu, memoryBudgetBytes, () => {
      this.recorder.flush();
      this.recorder.dropBindGroups();
    });
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failure ??= new DeviceError(`the GPU rejected recorded work: ${event.error.message}`);
    });
    void gpu.lost.then(({ reason, message }) => {
      this.#failure = new DeviceError(
        `the device is lost (${reason}: ${message}). Open a new one and load the last checkpoint.`,
      );
    });
  }

  /**
   * Opens a device.
   *
   * @throws DeviceError if there is no adapter
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const { gpu, info } = await openDevice(options);
    return new Device(gpu, info, options.memoryBudgetBytes);
  }

  /** Opens a scope: tensors made until it is disposed of belong to it. */
  scope(): Scope {
    return new Scope(this.#scopes);
  }

  /** Runs `fn` as if no scope were open: what it makes lives until it is disposed of. */
  unscoped<T>(fn: () => T): T {
    const open = this.#scopes.splice(0);
    try {
      return fn();
    } finally {
      this.#scopes.unshift(...open);
    }
  }

  /** @internal Takes a disposed tensor out of the scope that holds it. */
  forget(item: Owned): void {
    for (const scope of this.#scopes) scope.remove(item);
  }

  /** @internal The innermost open scope. */
  get currentScope(): Scope | undefined {
    return this.#scopes.at(-1);
  }

  get stats(): PoolStats & RecorderStats {
    return { ...this.pool.stats, ...this.recorder.stats };
  }

  /** Submits recorded work without waiting for it. */
  flush(): void {
    this.recorder.flush();
    this.throwIfFailed();
  }

  /** Submits recorded work and waits until the device has done it. */
  async synchronize(): Promise<void> {
    // Not this.flush(): all errors of the work arrive before the wait ends, so that the first is reported, once.
    this.recorder.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.throwIfFailed();
  }

  /**
   * Times every kernel that `fn` records, by the device's clock.
   *
   * @returns kernels by label, the slowest first
   * @throws DeviceError if the adapter offers no `timestamp-query`
   */
  async profile(fn: () => void | Promise<void>): Promise<KernelTiming[]> {
    const profiler = new Profiler(this.gpu);
    this.flush();
    this.recorder.profiler = profiler;
    try {
      await fn();
      await this.synchronize();
    } finally {
      this.recorder.profiler = undefined;
    }
    return profiler.read();
  }

  /** @internal Overwrites the start of a buffer after all work recorded so far. */
  upload(target: PooledBuffer, data: Float32Array | Int32Array | Uint32Array): void {
    this.flush();
    // Dawn refuses views of shared memory.
    const owned = data.buffer instanceof ArrayBuffer ? data : data.slice();
    this.gpu.queue.writeBuffer(
      target.buffer,
      0,
      owned.buffer as ArrayBuffer,
      owned.byteOffset,
      owned.byteLength,
    );
  }

  /** @internal Reads the start of a buffer after all work recorded so far. */
  async download(source: PooledBuffer, bytes: number): Promise<ArrayBuffer> {
    const spare = this.#staging.get(source.bytes)?.pop();
    const staging =
      spare ??
      this.gpu.createBuffer({ size: source.bytes, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
    this.recorder.copy(source.buffer, staging, bytes);
    this.recorder.flush();
    try {
      await staging.mapAsync(MapMode.READ, 0, bytes);
    } catch (error) {
      staging.destroy();
      this.throwIfFailed();
      throw error;
    }
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    const list = this.#staging.get(source.bytes);
    if (list) list.push(staging);
    else this.#staging.set(source.bytes, [staging]);
    this.throwIfFailed();
    return copy;
  }

  /** @throws DeviceError if the device was lost or rejected work since the last call */
  throwIfFailed(): void {
    const failure = this.#failure;
    if (!failure) return;
    if (!failure.message.startsWith("the device is lost")) this.#failure = undefined;
    throw failure;
  }
}
