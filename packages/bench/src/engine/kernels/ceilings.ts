/** @file What an adapter can do at most: multiply-adds without loads, and copies without arithmetic, as measured. */

import type { Device } from "@candor/tensor-core";
import { BufferUsage, waitForDevice } from "@candor/tensor-core/device";

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

/** Runs both probes; the best of several variants and repeats counts. */
export async function measureCeilings(device: Device): Promise<Ceilings> {
  const { gpu } = device;
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_DST;
  const groups = 1024;
  const steps = 1024;
  const small = gpu.createBuffer({ size: 16 * 1024, usage });
  let gflops = 0;
  for (const chains of [4, 8, 16]) {
    const ms = await time(device, multiplyAdd(chains, steps), [small], groups);
    gflops = Math.max(gflops, (groups * workgroup * steps * chains * 8) / ms / 1e6);
  }
  const bytes = 2 ** 26;
  const [from, to] = [gpu.createBuffer({ size: bytes, usage }), gpu.createBuffer({ size: bytes, usage })];
  let gigabytesPerSecond = 0;
  for (const copyGroups of [256, 4096, 65_535]) {
    const ms = await time(device, copy, [to, from], copyGroups);
    gigabytesPerSecond = Math.max(gigabytesPerSecond, (2 * bytes) / ms / 1e6);
  }
  for (const buffer of [small, from, to]) buffer.destroy();
  return { gflops, gigabytesPerSecond };
}

/** The shortest of a few runs, ms. */
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
  let best = Number.POSITIVE_INFINITY;
  for (let index = 0; index <= repeats; index++) {
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    const commands = encoder.finish();
    const started = performance.now();
    gpu.queue.submit([commands]);
    await waitForDevice(info, gpu.queue.onSubmittedWorkDone());
    if (index > 0) best = Math.min(best, performance.now() - started);
  }
  return best;
}
