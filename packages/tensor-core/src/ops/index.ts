/** @file Every op; a new op adds one line. */

export * from "./elementwise/binary.ts";
export * from "./elementwise/unary.ts";
export { broadcastTo } from "./layout/broadcastTo.ts";
export * from "./layout/reshape.ts";
export * from "./matmul/matmul.ts";
export * from "./reduce/sum.ts";
