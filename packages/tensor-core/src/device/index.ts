/** @file The device layer alone, for packages that render or augment without tensors. */

export * from "./deviceError.ts";
export * from "./gpuConstants.ts";
export * from "./openDevice.ts";
export * from "./provideGpu.ts";
export * from "./waitForDevice.ts";
