/** @file Compiles kernels on a second core, for a driver that compiles at the first dispatch, on one thread. */

import { BufferUsage } from "../device/gpuConstants.ts";
import { inNode } from "../device/inNode.ts";
import { type DeviceInfo, openDevice, type OpenDeviceOptions } from "../device/openDevice.ts";
import { waitForDevice } from "../device/waitForDevice.ts";
import { uniformStride } from "./command.ts";
import type { KernelSpec } from "./kernelSpec.ts";
import { describePipeline } from "./pipelineCache.ts";

/** Fewer kernels than these compile before a second device is open. */
const leastKernels = 4;
/** A submit that takes no longer found its kernels in the cache. */
const patienceMs = 150;

/**
 * For lavapipe, what compiles the kernels of a submit from the last to the first on a device of its own, while the
 * submit compiles them from the first on; they meet in the middle, since what one has compiled the other finds in
 * Mesa's cache on disk. Undefined for other drivers, and where that cache is off.
 *
 * It stops once the submit is done, and fails in silence: whatever is wrong with a kernel, the submit tells.
 *
 * @param gpu     the device that submits
 * @param options with which that was opened: compiled code depends on its features
 */
export function compilerAhead(
  gpu: GPUDevice,
  info: DeviceInfo,
  options: OpenDeviceOptions,
): ((kernels: readonly KernelSpec[]) => void) | undefined {
  const lavapipe = info.vendor === "mesa" && info.software && inNode();
  if (!lavapipe || ["1", "true"].includes(process.env["MESA_SHADER_CACHE_DISABLE"] ?? "")) return undefined;
  return (kernels) => {
    if (kernels.length < leastKernels) return;
    const submit = { done: false };
    const done = () => {
      submit.done = true;
    };
    void waitForDevice(info, gpu.queue.onSubmittedWorkDone()).then(done, done);
    setTimeout(() => void compileBackwards(kernels, submit, options).catch(done), patienceMs).unref();
  };
}

async function compileBackwards(
  kernels: readonly KernelSpec[],
  submit: { readonly done: boolean },
  options: OpenDeviceOptions,
): Promise<void> {
  if (submit.done) return;
  const { gpu, info } = await openDevice(options);
  // To destroy a device waits for its queue: a process that ends while a compiler runs in it crashes.
  const close = () => gpu.destroy();
  process.once("exit", close);
  try {
    for (const kernel of kernels.toReversed()) {
      if (submit.done) return;
      await compile(gpu, info, kernel);
    }
  } finally {
    process.off("exit", close);
    close();
  }
}

/** Compiles a kernel by a dispatch of no workgroup; its size is read from a buffer, as Dawn warns of a literal 0. */
async function compile(gpu: GPUDevice, info: DeviceInfo, kernel: KernelSpec): Promise<void> {
  const { layout, descriptor } = describePipeline(gpu, kernel);
  const pipeline = gpu.createComputePipeline(descriptor);
  const buffers: GPUBuffer[] = [];
  const bufferFor = (usage: number) => {
    const buffer = gpu.createBuffer({ size: uniformStride, usage });
    buffers.push(buffer);
    return buffer;
  };
  const stored = Object.keys(kernel.buffers).length;
  const hasUniforms = Object.keys(kernel.uniforms).length > 0;
  const entries = Array.from({ length: stored }, (_, binding) => ({
    binding,
    resource: { buffer: bufferFor(BufferUsage.STORAGE) },
  }));
  if (hasUniforms) {
    const buffer = bufferFor(BufferUsage.UNIFORM);
    entries.push({ binding: stored, resource: { buffer, size: uniformStride } as { buffer: GPUBuffer } });
  }
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, gpu.createBindGroup({ layout, entries }), hasUniforms ? [0] : []);
  pass.dispatchWorkgroupsIndirect(bufferFor(BufferUsage.INDIRECT), 0);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  await waitForDevice(info, gpu.queue.onSubmittedWorkDone());
  for (const buffer of buffers) buffer.destroy();
}
