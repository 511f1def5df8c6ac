/** @file Records dispatches into one encoder and one pass; submits them when a value is read or the batch is full. */

import { BufferUsage } from "../device/gpuConstants.ts";
import { packUniforms } from "./assemble.ts";
import {
  bindBuffers,
  type Binding,
  bindingsKey,
  type Command,
  foldGroups,
  type Groups,
  hasUniforms,
  type UniformValue,
  uniformStride,
} from "./command.ts";
import type { KernelSpec } from "./kernelSpec.ts";
import { PipelineCache } from "./pipelineCache.ts";
import type { NonFiniteTrap } from "./nonFiniteTrap.ts";
import type { Profiler } from "./profiler.ts";
import type { Program } from "./program.ts";

export interface RecorderStats {
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number;
  /** Bind groups ever made. */
  readonly bindGroups: number;
  /** Bind groups kept for dispatches to come; those of captured steps are not among them. */
  readonly keptBindGroups: number;
}

const maxDispatches = 1024;
/** More than the steps of a model have; work whose shapes never repeat makes new ones for ever. */
const usualBindGroups = 8192;

/** The one place where GPU work is encoded. */
export class Recorder {
  readonly pipelines: PipelineCache;
  /** Times every dispatch while it is set. */
  profiler: Profiler | undefined;
  /** Looks through what every dispatch writes while it is set. */
  trap: NonFiniteTrap | undefined;
  /** Sums the operations of products while it is set. */
  products: { flop: number } | undefined;
  /** Told of kernels that a submit uses for the first time. */
  compileAhead: ((kernels: readonly KernelSpec[]) => void) | undefined;
  /** While it is set, dispatches are put on this list and not run. */
  commands: Command[] | undefined;
  readonly #gpu: GPUDevice;
  readonly #maxBindingBytes: number;
  readonly #maxBindGroups: number;
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformBytes = new Uint8Array(uniformStride * maxDispatches);
  readonly #uniformView = new DataView(this.#uniformBytes.buffer);
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  #dispatches = 0;
  #submits = 0;
  #madeBindGroups = 0;

  /**
   * @param maxBindingBytes most bytes that a kernel may have of one buffer
   * @param maxBindGroups   most bind groups that are kept
   */
  constructor(
    gpu: GPUDevice,
    maxBindingBytes = gpu.limits.maxStorageBufferBindingSize,
    maxBindGroups = usualBindGroups,
  ) {
    this.#gpu = gpu;
    this.#maxBindingBytes = maxBindingBytes;
    this.#maxBindGroups = maxBindGroups;
    this.pipelines = new PipelineCache(gpu);
    this.#uniformBuffer = gpu.createBuffer({
      size: this.#uniformBytes.byteLength,
      usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
    });
  }

  get stats(): RecorderStats {
    return {
      dispatches: this.#dispatches,
      submits: this.#submits,
      pipelines: this.pipelines.size,
      bindGroups: this.#madeBindGroups,
      keptBindGroups: this.#bindGroups.size,
    };
  }

  /** Records one dispatch; every buffer and uniform of the declaration must be given. */
  dispatch<B extends string, U extends string>(
    kernel: KernelSpec<B, U>,
    buffers: Readonly<Record<B, Binding>>,
    uniforms: Readonly<Record<U, UniformValue>>,
    groups: Groups,
  ): void {
    const [x, y, z] = foldGroups(groups);
    if (x * y * z === 0) return;
    if (this.commands) {
      this.commands.push({ kernel, bindings: { ...buffers }, uniforms: { ...uniforms }, groups: [x, y, z] });
      return;
    }
    this.#countProduct(kernel, uniforms);
    if (this.#pending === maxDispatches) this.flush();
    const compiled = this.pipelines.get(kernel);
    const key = bindingsKey(compiled, kernel, buffers);
    let group = this.#bindGroups.get(key);
    if (!group) {
      group = bindBuffers(this.#gpu, compiled, kernel, buffers, this.#uniformBuffer, this.#maxBindingBytes);
      this.#keep(key, group);
    }
    const pass = this.#passFor(kernel.label);
    pass.setPipeline(compiled.pipeline);
    if (hasUniforms(kernel)) {
      const offset = this.#pending * uniformStride;
      packUniforms(kernel.uniforms, uniforms, this.#uniformView, offset);
      pass.setBindGroup(0, group, [offset]);
    } else {
      pass.setBindGroup(0, group);
    }
    pass.dispatchWorkgroups(x, y, z);
    this.#pending++;
    this.#dispatches++;
    const { trap } = this;
    if (!trap) return;
    this.trap = undefined;
    trap.watch(kernel, buffers, (find, found, values, count) => this.dispatch(find, found, values, count));
    this.trap = trap;
  }

  /** Counts what a program made for itself. */
  countProgram(program: Program): void {
    this.#madeBindGroups += program.bindGroups;
  }

  /** Encodes a program after what is recorded; it is submitted with what follows. */
  replay(program: Program): void {
    // A run before this one may still be waiting, and reads the same uniforms.
    this.flush();
    if (this.trap) {
      for (const { kernel, bindings, uniforms, groups } of program.commands) {
        this.dispatch(kernel, bindings, uniforms, groups);
      }
      return;
    }
    if (this.products) {
      for (const { kernel, uniforms } of program.commands) this.#countProduct(kernel, uniforms);
    }
    program.writeUniforms();
    program.encode((label) => this.#passFor(label));
    this.#dispatches += program.dispatches;
  }

  /** Records a copy between buffers, outside of any pass; all in bytes. */
  copy(source: GPUBuffer, target: GPUBuffer, bytes: number, from = 0, to = 0): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.#gpu.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(source, from, target, to, bytes);
  }

  /** Submits what is recorded. */
  flush(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    if (this.#pending > 0) {
      this.#gpu.queue.writeBuffer(
        this.#uniformBuffer,
        0,
        this.#uniformBytes,
        0,
        this.#pending * uniformStride,
      );
    }
    this.#gpu.queue.submit([this.#encoder.finish()]);
    this.#submits++;
    const fresh = this.pipelines.takeFresh();
    if (fresh.length > 0) this.compileAhead?.(fresh);
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#pending = 0;
  }

  /** Forgets bind groups; needed once buffers are destroyed. */
  dropBindGroups(): void {
    this.#bindGroups.clear();
  }

  /** Keeps a bind group in place of the oldest, where there are many; what is encoded holds on to its own. */
  #keep(key: string, group: GPUBindGroup): void {
    this.#madeBindGroups++;
    this.#bindGroups.set(key, group);
    if (this.#bindGroups.size <= this.#maxBindGroups) return;
    const [oldest] = this.#bindGroups.keys();
    if (oldest !== undefined) this.#bindGroups.delete(oldest);
  }

  #countProduct(kernel: KernelSpec, uniforms: Readonly<Record<string, UniformValue>>): void {
    if (!this.products || !kernel.flop) return;
    const values = Object.entries(uniforms).map(
      ([name, value]) => [name, typeof value === "number" ? value : value()] as const,
    );
    this.products.flop += kernel.flop(Object.fromEntries(values));
  }

  #passFor(label: string): GPUComputePassEncoder {
    this.#encoder ??= this.#gpu.createCommandEncoder();
    if (this.profiler) {
      this.#pass?.end();
      this.#pass = this.#encoder.beginComputePass({ timestampWrites: this.profiler.next(label) });
    }
    return (this.#pass ??= this.#encoder.beginComputePass());
  }
}
