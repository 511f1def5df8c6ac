/** @file What tests of this package, and of packages on top of it, check numbers with. */

export * from "./array64.ts";
export * from "./describeOp.ts";
export * from "./testDevice.ts";
export * from "./tolerance.ts";
