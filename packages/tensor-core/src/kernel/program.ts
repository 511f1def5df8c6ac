/** @file Recorded dispatches that run again: their bind groups and uniforms are made once. */

import { BufferUsage } from "../device/gpuConstants.ts";
import { packUniforms } from "./assemble.ts";
import { bindBuffers, bindingsKey, type Command, hasUniforms, uniformStride } from "./command.ts";
import type { PipelineCache } from "./pipelineCache.ts";

interface Step {
  readonly command: Command;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** Where the uniforms stand; -1 where there are none. */
  readonly offset: number;
  /** Some uniform is taken anew each time. */
  readonly changes: boolean;
}

/** A sequence of dispatches with everything that WebGPU needs to run them. */
export class Program {
  readonly #gpu: GPUDevice;
  readonly #steps: readonly Step[];
  readonly #uniformBytes: Uint8Array<ArrayBuffer>;
  readonly #uniformView: DataView;
  readonly #uniformBuffer: GPUBuffer;
  readonly #bindGroups: number;
  #uniforms: readonly Command["uniforms"][];
  #written = false;

  /** Compiles what is not compiled yet; all buffers must have their memory. */
  constructor(
    gpu: GPUDevice,
    pipelines: PipelineCache,
    maxBindingBytes: number,
    commands: readonly Command[],
  ) {
    this.#gpu = gpu;
    const count = commands.filter(({ kernel }) => hasUniforms(kernel)).length;
    this.#uniformBytes = new Uint8Array(uniformStride * Math.max(1, count));
    this.#uniformView = new DataView(this.#uniformBytes.buffer);
    this.#uniformBuffer = gpu.createBuffer({
      size: this.#uniformBytes.byteLength,
      usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
    });
    const groups = new Map<string, GPUBindGroup>();
    let offset = 0;
    this.#steps = commands.map((command) => {
      const { kernel, bindings, uniforms } = command;
      const compiled = pipelines.get(kernel);
      const key = bindingsKey(compiled, kernel, bindings);
      let group = groups.get(key);
      if (!group)
        groups.set(
          key,
          (group = bindBuffers(gpu, compiled, kernel, bindings, this.#uniformBuffer, maxBindingBytes)),
        );
      const has = hasUniforms(kernel);
      const step = {
        command,
        pipeline: compiled.pipeline,
        group,
        offset: has ? offset : -1,
        changes: Object.values(uniforms).some((value) => typeof value === "function"),
      };
      if (has) offset += uniformStride;
      return step;
    });
    this.#bindGroups = groups.size;
    this.#uniforms = commands.map(({ uniforms }) => uniforms);
  }

  /** Takes uniforms from here on from another recording of the same commands. */
  takeUniforms(commands: readonly Command[]): void {
    this.#uniforms = commands.map(({ uniforms }) => uniforms);
  }

  get dispatches(): number {
    return this.#steps.length;
  }

  /** The dispatches with their uniforms as they are now given. */
  get commands(): Command[] {
    return this.#steps.map(({ command }, at) => ({ ...command, uniforms: this.#uniforms[at] ?? {} }));
  }

  get bindGroups(): number {
    return this.#bindGroups;
  }

  /** Writes the uniforms that changed; the work of the run before must be submitted. */
  writeUniforms(): void {
    let [first, last] = [Number.POSITIVE_INFINITY, -1];
    for (const [at, { command, offset, changes }] of this.#steps.entries()) {
      if (offset < 0 || (this.#written && !changes)) continue;
      packUniforms(command.kernel.uniforms, this.#uniforms[at] ?? {}, this.#uniformView, offset);
      first = Math.min(first, offset);
      last = offset;
    }
    this.#written = true;
    if (last < 0) return;
    const bytes = last + uniformStride - first;
    this.#gpu.queue.writeBuffer(this.#uniformBuffer, first, this.#uniformBytes, first, bytes);
  }

  /** @param passFor gives the pass that a dispatch of the kernel goes into */
  encode(passFor: (label: string) => GPUComputePassEncoder): void {
    for (const { command, pipeline, group, offset } of this.#steps) {
      const pass = passFor(command.kernel.label);
      pass.setPipeline(pipeline);
      if (offset < 0) pass.setBindGroup(0, group);
      else pass.setBindGroup(0, group, [offset]);
      pass.dispatchWorkgroups(...command.groups);
    }
  }

  /** Frees the uniforms. */
  destroy(): void {
    this.#uniformBuffer.destroy();
  }
}
