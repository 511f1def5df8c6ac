/** @file Modules. */

export * from "./batchNorm2d.ts";
export * from "./conv2d.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./freeze.ts";
export * from "./groupNorm.ts";
export * from "./initialize.ts";
export * from "./layerNorm.ts";
export * from "./linear.ts";
export * from "./module.ts";
export * from "./rmsNorm.ts";
export * from "./sequential.ts";
export * from "./setTraining.ts";
export { measureMemory, withoutMemory } from "../tensor/withoutMemory.ts";
