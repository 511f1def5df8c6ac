/** @file The device that tensors live on: adapter, memory, scopes and the recorder of kernels. */

import { DeviceError, DeviceLostError } from "../device/deviceError.ts";
import { type DeviceInfo, openDevice } from "../device/openDevice.ts";
import { MapMode } from "../device/gpuConstants.ts";
import { waitForDevice } from "../device/waitForDevice.ts";
import { BufferPool, type PooledBuffer, type PoolStats } from "../memory/bufferPool.ts";
import { type Owned, Scope } from "../memory/scope.ts";
import { StagingPool } from "../memory/stagingPool.ts";
import type { Binding } from "../kernel/command.ts";
import { compilerAhead } from "../kernel/compileAhead.ts";
import { type KernelTiming, Profiler } from "../kernel/profiler.ts";
import { NonFiniteTrap, trapSlots } from "../kernel/nonFiniteTrap.ts";
import { Recorder, type RecorderStats } from "../kernel/recorder.ts";
import { Tuning } from "../kernel/tuning.ts";
import { readTuning } from "../kernel/tuningFile.ts";
import { assertNotAsync } from "./assertNotAsync.ts";
import { assertDeviceOptions, type DeviceOptions } from "./deviceOptions.ts";
import { type MemoryReport, reportMemory } from "./memoryReport.ts";
import { assertNew, type RecordedStep } from "./recordedStep.ts";
import type { Tensor } from "./tensor.ts";

/** What a device has done and holds. */
export interface DeviceStats extends PoolStats, RecorderStats {
  /** Bytes of the buffers that results are read back through; no part of the budget. */
  readonly stagingBytes: number;
}

/** A WebGPU device with its memory and its recorder. */
export class Device implements Disposable {
  readonly gpu: GPUDevice;
  readonly info: DeviceInfo;
  /** The most bytes that a kernel sees of one tensor; ops split what is larger, or say that they do not. */
  readonly maxBindingBytes: number;
  /** Which variants of kernels the device prefers. */
  readonly tuning: Tuning;
  /** @internal */
  readonly pool: BufferPool;
  /** @internal */
  readonly recorder: Recorder;
  readonly #scopes: Scope[] = [];
  /** Scopes that `unscoped` has set aside: they hold what they held. */
  readonly #aside: Scope[] = [];
  readonly #staging: StagingPool;
  #failure: Error | undefined;
  #recording: RecordedStep | undefined;
  #repeating = false;

  private constructor(gpu: GPUDevice, info: DeviceInfo, tuning: Tuning, options: DeviceOptions) {
    this.gpu = gpu;
    this.info = info;
    this.tuning = tuning;
    this.maxBindingBytes = options.maxBindingBytes ?? gpu.limits.maxStorageBufferBindingSize;
    this.recorder = new Recorder(gpu, this.maxBindingBytes);
    this.#staging = new StagingPool(gpu);
    const beforeTrim = () => {
      this.recorder.flush();
      this.recorder.dropBindGroups();
      this.#staging.trim();
    };
    this.pool = new BufferPool(gpu, options.memoryBudgetBytes, beforeTrim, (error) => {
      // In place of the rejected work that follows from it.
      if (!(this.#failure instanceof DeviceLostError)) this.#failure = error;
    });
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failure ??= new DeviceError(`the GPU rejected recorded work: ${event.error.message}`);
    });
    void gpu.lost.then(({ reason, message }) => {
      if (this.#failure instanceof DeviceLostError) return;
      this.#failure = new DeviceLostError(
        `the device is lost (${reason}: ${message}). Open a new one and load the last checkpoint.`,
      );
    });
  }

  /**
   * Opens a device.
   *
   * @throws DeviceError if there is no adapter
   * @throws RangeError if a number of the options is none that a device can keep to
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const { gpu, info } = await openDevice(options);
    try {
      assertDeviceOptions(options, gpu.limits.maxStorageBufferBindingSize);
    } catch (error) {
      gpu.destroy();
      throw error;
    }
    const tuning = options.tuned === false ? new Tuning() : await readTuning(info);
    const device = new Device(gpu, info, tuning, options);
    device.recorder.compileAhead = compilerAhead(gpu, info, options);
    return device;
  }

  /**
   * Ends the device and frees all of its memory; what is recorded may not run. Its tensors cannot be used any more, nor
   * can it. Calling it twice does nothing.
   */
  dispose(): void {
    this.#failure = new DeviceLostError("the device was disposed of: open another one");
    this.gpu.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Opens a scope: tensors made until it is disposed of belong to it. */
  scope(): Scope {
    return new Scope(this.#scopes);
  }

  /**
   * Runs `fn` as if no scope were open: what it makes lives until it is disposed of.
   *
   * @throws TypeError if `fn` is async: what it makes after an await would belong to the caller's scope
   */
  unscoped<T>(fn: () => T): T {
    const open = this.#scopes.splice(0);
    this.#aside.push(...open);
    try {
      return assertNotAsync("unscoped", fn());
    } finally {
      this.#aside.length -= open.length;
      this.#scopes.unshift(...open.filter((scope) => scope.open));
    }
  }

  /** @internal Takes an item out of the scope that holds it. */
  forget(item: Owned): void {
    for (const scope of this.#aside) scope.remove(item);
    for (const scope of this.#scopes) scope.remove(item);
  }

  /** @internal The scope that holds an item. */
  holderOf(item: Owned): Scope | undefined {
    return [...this.#aside, ...this.#scopes].find((scope) => scope.holds(item));
  }

  /** @internal The innermost open scope. */
  get currentScope(): Scope | undefined {
    return this.#scopes.at(-1);
  }

  get stats(): DeviceStats {
    return { ...this.pool.stats, ...this.recorder.stats, stagingBytes: this.#staging.bytes };
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
    await waitForDevice(this.info, this.gpu.queue.onSubmittedWorkDone());
    this.throwIfFailed();
  }

  /**
   * Times every kernel that `fn` records, by the device's clock.
   *
   * @returns kernels by label, the slowest first
   * @throws DeviceError if the adapter offers no `timestamp-query`
   * @throws Error while another call is under way, as for `countFlop` and `trapNonFinite`
   */
  async profile(fn: () => void | Promise<void>): Promise<KernelTiming[]> {
    assertNone("profile", this.recorder.profiler);
    const profiler = new Profiler(this.gpu, this.info);
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

  /**
   * Runs `fn` and counts the operations of the matrix products and of attention that it dispatches, replayed steps too.
   *
   * @returns operations, a multiply-add being two; what a mask hides counts as if it were seen
   */
  async countFlop(fn: () => unknown): Promise<number> {
    this.assertNotRecording("countFlop");
    assertNone("countFlop", this.recorder.products);
    const products = { flop: 0 };
    this.recorder.products = products;
    try {
      await fn();
    } finally {
      this.recorder.products = undefined;
    }
    return products.flop;
  }

  /**
   * Runs `fn` and looks through every f32 and f16 tensor that its kernels write. Slow: for finding out where a loss went wrong.
   *
   * @throws NonFiniteError naming the first kernel that wrote NaN or infinity, the tensor, and its first such element
   */
  async trapNonFinite<T>(fn: () => T | Promise<T>): Promise<T> {
    this.assertNotRecording("trapNonFinite");
    assertNone("trapNonFinite", this.recorder.trap);
    const bytes = 4 * trapSlots;
    const pooled = this.pool.acquire(bytes, { label: "[trapNonFinite]", shape: [trapSlots], dtype: "u32" });
    const found = { pooled, bytes };
    try {
      this.upload(found, new Uint32Array(trapSlots).fill(0xffff_ffff));
      const trap = new NonFiniteTrap(found);
      this.recorder.trap = trap;
      const value = await fn();
      this.recorder.trap = undefined;
      const error = trap.explain(new Uint32Array(await this.download(found)));
      if (error) throw error;
      return value;
    } finally {
      this.recorder.trap = undefined;
      this.pool.release(pooled);
    }
  }

  /**
   * Who holds memory, the largest first.
   *
   * @param names of tensors that the report should call by them, such as a model's parameters
   */
  memoryReport(names: ReadonlyMap<string, Tensor> = new Map()): MemoryReport {
    return reportMemory(this.pool, this.#staging.bytes, names);
  }

  /**
   * Runs host code that belongs to a training step, such as counting it: now or, where a step is being captured, before
   * each of its runs. There a kernel sees what it sets only through a uniform given as a function.
   *
   * @param fixed numbers that the work holds on to, by name; a captured step reports one that another run changes
   * @throws TypeError if the work is async, where it is done: what it does after an await would come after the step
   */
  eachStep(work: () => void, fixed: Readonly<Record<string, number>> = {}): void {
    if (this.#repeating) return;
    const once = () => assertNotAsync("eachStep", work());
    // What is recorded may run later, after steps of other shapes, or never.
    if (this.#recording) this.#recording.hostWork.push({ work: once, fixed });
    else once();
  }

  /** @internal Runs `fn`, which ran before, for its values alone: what it does on the host, and to its statistics, is done. */
  repeat<T>(fn: () => T): T {
    const outer = this.#repeating;
    this.#repeating = true;
    try {
      return fn();
    } finally {
      this.#repeating = outer;
    }
  }

  /** @internal True inside of {@link repeat}. */
  get repeating(): boolean {
    return this.#repeating;
  }

  /**
   * @internal Runs `fn` and keeps what it records instead of running that.
   *
   * @param runs false where the step will only be compared: its constants then take no memory, but for those that outlive it
   */
  record<T>(fn: () => T, runs = true): { readonly value: T; readonly step: RecordedStep } {
    this.assertNotRecording("capture");
    this.flush();
    const step: RecordedStep = {
      runs,
      commands: [],
      buffers: [],
      released: [],
      constants: new Map(),
      hostWork: [],
    };
    this.#recording = step;
    this.pool.recorded = step;
    this.recorder.commands = step.commands;
    const stop = () => {
      this.#recording = undefined;
      this.pool.recorded = undefined;
      this.recorder.commands = undefined;
    };
    try {
      const value = fn();
      stop();
      return { value, step };
    } catch (error) {
      stop();
      for (const pooled of step.released) this.pool.release(pooled);
      throw error;
    } finally {
      for (const [pooled, values] of step.constants) {
        // What is kept for other steps, such as a table, is used though this one may never run.
        if (!pooled.buffer && pooled.holds > 0) this.#giveMemory(pooled, values);
      }
    }
  }

  /** @throws Error while a step is being captured */
  assertNotRecording(op: string): void {
    if (this.#recording) {
      throw new Error(
        `[${op}] is not possible while a step is captured: do it before, or return tensors and do it after`,
      );
    }
  }

  /** @internal Overwrites a part of a buffer after all work recorded so far. */
  upload(binding: Binding, data: Float32Array | Int32Array | Uint32Array): void {
    if (this.#recording) return this.#makeConstant(this.#recording, binding, data);
    this.flush();
    this.#write(binding, data);
  }

  #write({ pooled, offset = 0 }: Binding, data: Float32Array | Int32Array | Uint32Array): void {
    if (!pooled.buffer) throw new Error("[write] the tensor has no memory yet");
    // Dawn refuses views of shared memory.
    const owned = data.buffer instanceof ArrayBuffer ? data : data.slice();
    this.gpu.queue.writeBuffer(
      pooled.buffer,
      offset,
      owned.buffer as ArrayBuffer,
      owned.byteOffset,
      owned.byteLength,
    );
  }

  /** @internal Reads a part of a buffer after all work recorded so far. */
  async download({ pooled, bytes, offset = 0 }: Binding): Promise<ArrayBuffer> {
    this.assertNotRecording("read");
    if (!pooled.buffer) throw new Error("[read] the tensor has no memory yet");
    const staging = this.#staging.take(bytes);
    this.recorder.copy(pooled.buffer, staging, bytes, offset);
    this.recorder.flush();
    try {
      await waitForDevice(this.info, staging.mapAsync(MapMode.READ, 0, bytes));
    } catch (error) {
      this.#staging.drop(staging);
      this.throwIfFailed();
      throw error;
    }
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.#staging.give(staging);
    this.throwIfFailed();
    return copy;
  }

  /** A tensor that a captured step makes from host values has memory of its own, and the same values each time. */
  #makeConstant(step: RecordedStep, binding: Binding, data: Float32Array | Int32Array | Uint32Array): void {
    assertNew(step, binding);
    if (step.runs) this.#giveMemory(binding.pooled, data);
    step.constants.set(binding.pooled, data.slice());
  }

  #giveMemory(pooled: PooledBuffer, data: Float32Array | Int32Array | Uint32Array): void {
    // What is recorded runs later than this upload; none of the memory that it uses is free before.
    const { recorded } = this.pool;
    this.pool.recorded = undefined;
    try {
      this.pool.give(pooled);
    } finally {
      this.pool.recorded = recorded;
    }
    this.#write({ pooled, bytes: data.byteLength }, data);
  }

  /**
   * @throws DeviceLostError if the device was lost, each time
   * @throws MemoryError if it had no memory for a tensor made since the last call
   * @throws DeviceError if it rejected work since the last call
   */
  throwIfFailed(): void {
    const failure = this.#failure;
    if (!failure) return;
    if (!(failure instanceof DeviceLostError)) this.#failure = undefined;
    throw failure;
  }
}

/** @throws Error if another call of the kind has not ended: each sees all that is dispatched */
function assertNone(op: string, running: unknown): void {
  if (running === undefined) return;
  throw new Error(
    `[${op}] another call of it is under way: await that one first, and do not put one into another`,
  );
}
