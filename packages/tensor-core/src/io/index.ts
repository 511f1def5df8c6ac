/** @file Files of tensors. */

export * from "./byteSource.ts";
export * from "./loadTensors.ts";
export {
  encodeSafetensors,
  floatTensors,
  parseSafetensors,
  type ParseOptions,
  type Safetensors,
  type StoredTensor,
  type TensorToStore,
} from "./safetensors.ts";
export * from "./safetensorsError.ts";
export * from "./safetensorsFile.ts";
export { type SafetensorsDType } from "./safetensorsHeader.ts";
export { openSafetensors, openShards, openWeights, type StoredEntry, type Weights } from "./weights.ts";
