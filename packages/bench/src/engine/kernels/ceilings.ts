/**
 * @file What an adapter can do at most: multiply-adds without loads, and copies without arithmetic, as measured by the
 * device's own clock, which times the kernels too.
 */

import type { Device } from "@candor/tensor-core";
import { BufferUsage, MapMode, waitForDevice } from "@candor/tensor-core/device";

/** Measured rates that no kernel should exceed. */
export interface Ceilings {
  /** f32 multiply-adds on registers, two operations each. */
  readonly gflops: number;
  /** Bytes read and written by a copy of vec4s between buffers of 64 MiB. */
  readonly gigabytesPerSecond: number;
}

const workgroup = 64;
const repeats = 5;

// Chains of dependent multiply-adds; enough of them hide the latency of one, too many spill.
const multiplyAdd = (chains: number, steps: number): string => {
  const names = Array.from({ length: chains }, (_, i) => `s${i}`);
  return `
@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(${workgroup})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = vec4<f32>(f32(id.x & 3u)) * 1e-3 + 0.5;
  ${names.map((name, i) => `var ${name} = a + ${i}.0;`).join(" ")}
  for (var i = 0u; i < ${steps}u; i++) { ${names.map((name) => `${name} = fma(${name}, a, a);`).join(" ")} }
  y[id.x & 1023u] = ${names.join(" + ")};
}`;
};

const copy = `
@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@compute @workgroup_size(${workgroup})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>) {
  for (var i = id.x; i < arrayLength(&x); i += n.x * ${workgroup}u) { y[i] = x[i]; }
}`;

/**
 * Runs both probes; the best of several variants and repeats counts.
 *
 * @param size groups: workgroups of the arithmetic; bytes: of each buffer of the copy
 * @throws Error if the device has no `timestamp-query`
 */
export async function measureCeilings(
  device: Device,
  { groups, bytes }: { readonly groups: number; readonly bytes: number } = { groups: 1024, bytes: 2 ** 26 },
): Promise<Ceilings> {
  const { gpu } = device;
  if (!gpu.features.has("timestamp-query")) {
    throw new Error("[measureCeilings] this adapter offers no timestamp-query, so kernels cannot be timed");
  }
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_DST;
  const steps = 1024;
  const small = gpu.createBuffer({ size: 16 * 1024, usage });
  let gflops = 0;
  for (const chains of [4, 8, 16]) {
    const ms = await time(device, multiplyAdd(chains, steps), [small], groups);
    gflops = Math.max(gflops, (groups * workgroup * steps * chains * 8) / ms / 1e6);
  }
  const [from, to] = [gpu.createBuffer({ size: bytes, usage }), gpu.createBuffer({ size: bytes, usage })];
  let gigabytesPerSecond = 0;
  for (const copyGroups of [256, 4096, 65_535]) {
    const ms = await time(device, copy, [to, from], copyGroups);
    gigabytesPerSecond = Math.max(gigabytesPerSecond, (2 * bytes) / ms / 1e6);
  }
  for (const buffer of [small, from, to]) buffer.destroy();
  return { gflops, gigabytesPerSecond };
}

/** The shortest of a few runs after a first one, ms. */
async function time(
  { gpu, info }: Device,
  code: string,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<number> {
  const pipeline = await gpu.createComputePipelineAsync({
    layout: "auto",
    compute: { module: gpu.createShaderModule({ code }), entryPoint: "main" },
  });
  const group = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const size = 16; // two timestamps
  const querySet = gpu.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = gpu.createBuffer({ size, usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC });
  const staging = gpu.createBuffer({ size, usage: BufferUsage.COPY_DST | BufferUsage.MAP_READ });
  let best = Number.POSITIVE_INFINITY;
  for (let index = 0; index <= repeats; index++) {
    const encoder = gpu.createCommandEncoder();
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass({ timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await waitForDevice(info, staging.mapAsync(MapMode.READ));
    const [from = 0n, to = 0n] = new BigUint64Array(staging.getMappedRange());
    if (index > 0) best = Math.min(best, Number(to - from) / 1e6);
    staging.unmap();
  }
  querySet.destroy();
  for (const buffer of [resolved, staging]) buffer.destroy();
  return best;
}
