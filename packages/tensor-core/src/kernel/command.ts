/** @file One dispatch as it is recorded, and its bind group. */

import { MemoryError } from "../memory/memoryError.ts";
import type { PooledBuffer } from "../memory/bufferPool.ts";
import type { KernelSpec } from "./kernelSpec.ts";
import type { CompiledKernel } from "./pipelineCache.ts";

/** A part of a pooled buffer as a kernel sees it. */
export interface Binding {
  readonly pooled: PooledBuffer;
  readonly bytes: number;
  /** Where it begins, in bytes, a multiple of 256; 0 by default. */
  readonly offset?: number;
}

/** A number, or where it comes from each time that the dispatch runs: a captured step has other values each time. */
export type UniformValue = number | (() => number);

/** Workgroups: a number is folded over two axes where it exceeds 65,535. */
export type Groups = number | readonly [number, number, number];

/** A dispatch that was recorded to be run again. */
export interface Command {
  readonly kernel: KernelSpec;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly uniforms: Readonly<Record<string, UniformValue>>;
  readonly groups: readonly [number, number, number];
}

/** Bytes of the uniforms of one dispatch; the alignment that every device accepts. */
export const uniformStride = 256;
const maxGroupsPerAxis = 65_535;

/** The workgroups by axis. */
export function foldGroups(groups: Groups): readonly [number, number, number] {
  if (typeof groups !== "number") return groups;
  if (groups <= maxGroupsPerAxis) return [groups, 1, 1];
  const rows = Math.ceil(groups / maxGroupsPerAxis);
  return [Math.ceil(groups / rows), rows, 1];
}

/** True if the kernel has uniforms. */
export function hasUniforms(kernel: KernelSpec): boolean {
  for (const _ in kernel.uniforms) return true;
  return false;
}

/** Identifies a bind group: the pipeline and what is bound. */
export function bindingsKey(
  { id }: CompiledKernel,
  kernel: KernelSpec,
  bindings: Readonly<Record<string, Binding>>,
): string {
  let key = `${id}`;
  for (const name in kernel.buffers) {
    const { pooled, bytes, offset = 0 } = bindings[name] as Binding;
    key += `,${pooled.id}:${offset}:${bytes}`;
  }
  return key;
}

/**
 * Binds the buffers of a kernel, and its uniforms with a dynamic offset.
 *
 * @param limit most bytes of one buffer
 * @throws MemoryError if a buffer is larger than what the device binds at once
 */
export function bindBuffers(
  gpu: GPUDevice,
  { layout }: CompiledKernel,
  kernel: KernelSpec,
  bindings: Readonly<Record<string, Binding>>,
  uniforms: GPUBuffer,
  limit: number,
): GPUBindGroup {
  const entries: GPUBindGroupEntry[] = [];
  for (const name in kernel.buffers) {
    const { pooled, bytes, offset = 0 } = bindings[name] as Binding;
    if (bytes > limit) {
      throw new MemoryError(
        `[${kernel.label}] ${name} has ${bytes} bytes, more than the ${limit} that this device binds at once: ` +
          "use a smaller batch, or split the tensor and the op",
      );
    }
    if (!pooled.buffer) throw new Error(`[${kernel.label}] ${name} has no memory yet`);
    const size = Math.min(pooled.bytes - offset, Math.max(16, Math.ceil(bytes / 16) * 16));
    entries.push({ binding: entries.length, resource: { buffer: pooled.buffer, offset, size } });
  }
  if (hasUniforms(kernel)) {
    entries.push({ binding: entries.length, resource: { buffer: uniforms, size: uniformStride } });
  }
  return gpu.createBindGroup({ layout, entries });
}
