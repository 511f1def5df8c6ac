/** @file A short matrix product in raw WebGPU, by which set-up checks a driver and compares thread counts. */

import { BufferUsage, DeviceError, MapMode } from "@candor/tensor-core/device";

// Each invocation holds 4 rows by 4 columns of C in registers and reads A and B as vec4.
const size = 384;
const code = `
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
const N = ${size}u;
const Q = N / 4u;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 4u;
  let column = id.x;
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < Q; k++) {
    let b0 = b[(4u * k) * Q + column];
    let b1 = b[(4u * k + 1u) * Q + column];
    let b2 = b[(4u * k + 2u) * Q + column];
    let b3 = b[(4u * k + 3u) * Q + column];
    for (var i = 0u; i < 4u; i++) {
      let left = a[(row + i) * Q + k];
      sums[i] += left.x * b0 + left.y * b1 + left.z * b2 + left.w * b3;
    }
  }
  for (var i = 0u; i < 4u; i++) { c[(row + i) * Q + column] = sums[i]; }
}`;

/**
 * Multiplies two matrices and checks the product, then repeats and times it.
 *
 * @param gpu     an open device
 * @param timings number of timed repetitions
 * @returns       GFLOP/s of each timed repetition
 * @throws DeviceError if the driver computes a wrong product
 */
export async function timeMatmul(gpu: GPUDevice, timings: number): Promise<number[]> {
  const left = Float32Array.from({ length: size * size }, (_, index) => ((index * 7) % 11) - 5);
  const right = Float32Array.from({ length: size * size }, (_, index) => ((index * 5) % 13) - 6);
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_DST | BufferUsage.COPY_SRC;
  const buffers = [0, 1, 2].map(() => gpu.createBuffer({ size: left.byteLength, usage })) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  gpu.queue.writeBuffer(buffers[0], 0, left);
  gpu.queue.writeBuffer(buffers[1], 0, right);
  const pipeline = await gpu.createComputePipelineAsync({
    layout: "auto",
    compute: { module: gpu.createShaderModule({ code }), entryPoint: "main" },
  });
  const group = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const multiply = async (): Promise<void> => {
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(size / 4 / 8, size / 4 / 8);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
  };
  await multiply();
  check(left, right, await readFloats(gpu, buffers[2]));
  const gflops: number[] = [];
  for (let index = 0; index < timings; index++) {
    const started = performance.now();
    await multiply();
    gflops.push((2 * size ** 3) / ((performance.now() - started) * 1e6));
  }
  return gflops;
}

async function readFloats(gpu: GPUDevice, source: GPUBuffer): Promise<Float32Array> {
  const target = gpu.createBuffer({ size: source.size, usage: BufferUsage.COPY_DST | BufferUsage.MAP_READ });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, target, 0, source.size);
  gpu.queue.submit([encoder.finish()]);
  await target.mapAsync(MapMode.READ);
  return new Float32Array(target.getMappedRange().slice(0));
}

// The operands are small integers, so the product is exact in f32 and a spread of entries is enough.
function check(left: Float32Array, right: Float32Array, product: Float32Array): void {
  for (let index = 0; index < size * size; index += 1013) {
    const row = Math.floor(index / size);
    let wanted = 0;
    for (let k = 0; k < size; k++) wanted += left[row * size + k]! * right[k * size + (index % size)]!;
    if (product[index] !== wanted) {
      throw new DeviceError(
        `the driver multiplies wrongly: entry ${index} of a product is ${product[index]}, not ${wanted}`,
      );
    }
  }
}
