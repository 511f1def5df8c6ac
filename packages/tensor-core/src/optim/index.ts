/** @file Optimisers and schedules. */

export * from "./adamW.ts";
export * from "./schedule.ts";
export * from "./sgd.ts";
