/** @file Every op; a new op adds one line. */

export * from "./conv/patchify.ts";
export * from "./attention/attention.ts";
export * from "./attention/rotaryEmbedding.ts";
export * from "./elementwise/binary.ts";
export * from "./elementwise/compare.ts";
export * from "./elementwise/unary.ts";
export * from "./elementwise/where.ts";
export * from "./index/embedding.ts";
export { broadcastTo } from "./layout/broadcastTo.ts";
export { cast } from "./layout/cast.ts";
export * from "./layout/concat.ts";
export * from "./layout/pad.ts";
export * from "./layout/reshape.ts";
export * from "./layout/slice.ts";
export * from "./layout/split.ts";
export * from "./layout/transpose.ts";
export * from "./loss/crossEntropy.ts";
export * from "./matmul/matmul.ts";
export * from "./normalize/layerNorm.ts";
export * from "./normalize/rmsNorm.ts";
export * from "./normalize/softmax.ts";
export * from "./reduce/cumsum.ts";
export * from "./reduce/extremes.ts";
export * from "./reduce/logSumExp.ts";
export { type ReduceOptions } from "./reduce/reduceAxis.ts";
export * from "./reduce/sum.ts";
