/** @file Files of tensors. */

export * from "./safetensors.ts";
export * from "./safetensorsError.ts";
export * from "./safetensorsFile.ts";
export { type SafetensorsDType } from "./safetensorsHeader.ts";
