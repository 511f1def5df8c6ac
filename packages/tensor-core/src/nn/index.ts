/** @file Modules. */

export * from "./initialize.ts";
export * from "./linear.ts";
export * from "./module.ts";
