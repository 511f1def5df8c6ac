/** @file Modules. */

export * from "./embedding.ts";
export * from "./initialize.ts";
export * from "./layerNorm.ts";
export * from "./linear.ts";
export * from "./module.ts";
export * from "./rmsNorm.ts";
