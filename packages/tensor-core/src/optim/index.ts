/** @file Optimisers and schedules. */

export * from "./adam.ts";
export * from "./adamW.ts";
export { clipGradNorm, type ClippedGradients } from "./gradNorm.ts";
export { type LearningRate } from "./parameterParts.ts";
export * from "./lossScaler.ts";
export * from "./schedule.ts";
export * from "./sgd.ts";
