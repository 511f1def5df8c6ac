/** @file What libraries for browsers expect of their host, provided in Node on Dawn. */

import { provideGpu } from "@candor/tensor-core/device";

/** What was seen of the devices that a library opened. */
export interface HostGpu {
  readonly device: () => GPUDevice;
  readonly adapter: () => string;
}

/** Sets `navigator.gpu` and the WebGPU constants and classes; the adapter is the one that our own engine gets. */
export async function provideBrowserGpu(): Promise<HostGpu> {
  const { globals } = (await import("webgpu")) as { globals: object };
  Object.assign(globalThis, globals);
  const gpu = await provideGpu();
  let device: GPUDevice | undefined;
  let description = "none";
  const kept: GPUAdapter[] = []; // an adapter must stay referenced as long as its device
  const entry = {
    requestAdapter: async (options: GPURequestAdapterOptions = {}) => {
      const { powerPreference: _, ...others } = options;
      const adapter = await gpu.requestAdapter(others);
      if (!adapter) return adapter;
      kept.push(adapter);
      description = adapter.info.description;
      const open = adapter.requestDevice.bind(adapter);
      Object.defineProperty(adapter, "requestDevice", {
        value: async (descriptor?: GPUDeviceDescriptor) => (device = await open(descriptor)),
      });
      return adapter;
    },
    getPreferredCanvasFormat: () => "bgra8unorm",
    wgslLanguageFeatures: gpu.wgslLanguageFeatures,
  };
  const value = { gpu: entry, userAgent: "Node", hardwareConcurrency: 2, language: "en" };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true, writable: true });
  return {
    device: () => {
      if (!device) throw new Error("the library has opened no WebGPU device");
      return device;
    },
    adapter: () => description,
  };
}
