/** @file Records dispatches into one encoder and one pass; submits them when a value is read or the batch is full. */

import { BufferUsage } from "../device/gpuConstants.ts";
import type { PooledBuffer } from "../memory/bufferPool.ts";
import { packUniforms } from "./assemble.ts";
import type { KernelSpec } from "./kernelSpec.ts";
import { PipelineCache } from "./pipelineCache.ts";
import type { Profiler } from "./profiler.ts";

/** A part of a pooled buffer as a kernel sees it, from its start. */
export interface Binding {
  readonly pooled: PooledBuffer;
  readonly bytes: number;
}

/** Workgroups: a number is folded over two axes where it exceeds 65,535. */
export type Groups = number | readonly [number, number, number];

export interface RecorderStats {
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number;
  readonly bindGroups: number;
}

const uniformStride = 256;
const maxDispatches = 1024;
const maxGroupsPerAxis = 65_535;

/** The one place where GPU work is encoded. */
export class Recorder {
  readonly pipelines: PipelineCache;
  /** Times every dispatch while it is set. */
  profiler: Profiler | undefined;
  readonly #gpu: GPUDevice;
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformBytes = new Uint8Array(uniformStride * maxDispatches);
  readonly #uniformView = new DataView(this.#uniformBytes.buffer);
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pending = 0;
  #dispatches = 0;
  #submits = 0;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
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
      bindGroups: this.#bindGroups.size,
    };
  }

  /** Records one dispatch; every buffer and uniform of the declaration must be given. */
  dispatch<B extends string, U extends string>(
    kernel: KernelSpec<B, U>,
    buffers: Readonly<Record<B, Binding>>,
    uniforms: Readonly<Record<U, number>>,
    groups: Groups,
  ): void {
    const [x, y, z] = typeof groups === "number" ? fold(groups) : groups;
    if (x * y * z === 0) return;
    if (this.#pending === maxDispatches) this.flush();
    const { id, pipeline, layout } = this.pipelines.get(kernel);
    let key = `${id}`;
    for (const name in kernel.buffers) {
      const { pooled, bytes } = buffers[name];
      key += `,${pooled.id}:${bytes}`;
    }
    const hasUniforms = Object.keys(kernel.uniforms).length > 0;
    let group = this.#bindGroups.get(key);
    if (!group) {
      const entries: GPUBindGroupEntry[] = [];
      for (const name in kernel.buffers) {
        const { pooled, bytes } = buffers[name];
        const size = Math.min(pooled.bytes, Math.max(16, Math.ceil(bytes / 16) * 16));
        entries.push({ binding: entries.length, resource: { buffer: pooled.buffer, size } });
      }
      if (hasUniforms) {
        entries.push({
          binding: entries.length,
          resource: { buffer: this.#uniformBuffer, size: uniformStride },
        });
      }
      this.#bindGroups.set(key, (group = this.#gpu.createBindGroup({ layout, entries })));
    }
    this.#encoder ??= this.#gpu.createCommandEncoder();
    if (this.profiler) {
      this.#pass?.end();
      this.#pass = this.#encoder.beginComputePass({ timestampWrites: this.profiler.next(kernel.label) });
    }
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    if (hasUniforms) {
      const offset = this.#pending * uniformStride;
      packUniforms(kernel.uniforms, uniforms, this.#uniformView, offset);
      this.#pass.setBindGroup(0, group, [offset]);
    } else {
      this.#pass.setBindGroup(0, group);
    }
    this.#pass.dispatchWorkgroups(x, y, z);
    this.#pending++;
    this.#dispatches++;
  }

  /** Records a copy between buffers, outside of any pass. */
  copy(source: GPUBuffer, target: GPUBuffer, bytes: number): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.#gpu.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(source, 0, target, 0, bytes);
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
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#pending = 0;
  }

  /** Forgets bind groups; needed once buffers are destroyed. */
  dropBindGroups(): void {
    this.#bindGroups.clear();
  }
}

function fold(groups: number): readonly [number, number, number] {
  if (groups <= maxGroupsPerAxis) return [groups, 1, 1];
  const rows = Math.ceil(groups / maxGroupsPerAxis);
  return [Math.ceil(groups / rows), rows, 1];
}
