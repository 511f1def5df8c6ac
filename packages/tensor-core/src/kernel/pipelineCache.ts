/** @file One pipeline per kernel variant. */

import { ShaderStage } from "../device/gpuConstants.ts";
import { assemble, variantKey } from "./assemble.ts";
import type { KernelSpec } from "./kernelSpec.ts";

/** A compiled kernel. */
export interface CompiledKernel {
  readonly id: number;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each kernel variant once per device. */
export class PipelineCache {
  readonly #gpu: GPUDevice;
  readonly #bySpec = new WeakMap<KernelSpec, CompiledKernel>();
  readonly #byKey = new Map<string, CompiledKernel>();
  #fresh: KernelSpec[] = [];

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(kernel: KernelSpec): CompiledKernel {
    const known = this.#bySpec.get(kernel);
    if (known) return known;
    const key = variantKey(kernel);
    let compiled = this.#byKey.get(key);
    if (!compiled) {
      this.#byKey.set(key, (compiled = this.#compile(kernel)));
      this.#fresh.push(kernel);
    }
    this.#bySpec.set(kernel, compiled);
    return compiled;
  }

  /**
   * Compiles what is not compiled yet, all at once: side by side where the driver has threads for it.
   *
   * @throws GPUPipelineError if the device refuses a kernel
   */
  async prepare(kernels: Iterable<KernelSpec>): Promise<void> {
    const missing = new Map<string, KernelSpec>();
    for (const kernel of kernels) {
      const key = variantKey(kernel);
      if (!this.#byKey.has(key)) missing.set(key, kernel);
    }
    const compile = async ([key, kernel]: [string, KernelSpec]) => {
      const { layout, descriptor } = describePipeline(this.#gpu, kernel);
      const pipeline = await this.#gpu.createComputePipelineAsync(descriptor);
      if (this.#byKey.has(key)) return;
      this.#byKey.set(key, { id: this.#byKey.size, pipeline, layout });
      this.#fresh.push(kernel);
    };
    await Promise.all([...missing].map(compile));
  }

  /** The kernels that joined since the last call, in order. */
  takeFresh(): readonly KernelSpec[] {
    const fresh = this.#fresh;
    if (fresh.length > 0) this.#fresh = [];
    return fresh;
  }

  #compile(kernel: KernelSpec): CompiledKernel {
    const { layout, descriptor } = describePipeline(this.#gpu, kernel);
    return { id: this.#byKey.size, pipeline: this.#gpu.createComputePipeline(descriptor), layout };
  }
}

/** What a device needs to compile a kernel. */
export function describePipeline(
  gpu: GPUDevice,
  kernel: KernelSpec,
): {
  readonly layout: GPUBindGroupLayout;
  readonly descriptor: GPUComputePipelineDescriptor;
} {
  const buffers = Object.values(kernel.buffers);
  const entries: GPUBindGroupLayoutEntry[] = buffers.map(({ access }, binding) => ({
    binding,
    visibility: ShaderStage.COMPUTE,
    buffer: { type: access === "read" ? "read-only-storage" : "storage" },
  }));
  if (Object.keys(kernel.uniforms).length > 0) {
    entries.push({
      binding: buffers.length,
      visibility: ShaderStage.COMPUTE,
      buffer: { type: "uniform", hasDynamicOffset: true },
    });
  }
  const layout = gpu.createBindGroupLayout({ entries });
  const module = gpu.createShaderModule({ label: kernel.label, code: assemble(kernel) });
  const descriptor = {
    label: kernel.label,
    layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  };
  return { layout, descriptor };
}
