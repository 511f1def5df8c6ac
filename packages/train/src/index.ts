/** @file The public surface of train. */

export * from "./checkpoint/checkpoint.ts";
export { type FolderUse, thresholdFile } from "./checkpoint/runFolder.ts";
export * from "./loop/fit.ts";
export * from "./loop/metricsLog.ts";
export type { Method } from "./method/method.ts";
export * from "./predictor/exportRun.ts";
export * from "./predictor/predictor.ts";
export * from "./recipes/recipes.ts";
export * from "./recipes/runConfig.ts";
