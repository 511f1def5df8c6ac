/** @file The public surface of tensor-core. */

export * from "./device/deviceError.ts";
export { type DeviceInfo } from "./device/openDevice.ts";
export * from "./memory/memoryError.ts";
export { type MemoryOwner, type PoolStats } from "./memory/bufferPool.ts";
export { type KernelTiming } from "./kernel/profiler.ts";
export { NonFiniteError } from "./kernel/nonFiniteTrap.ts";
export { Tuning, type TuningRecord } from "./kernel/tuning.ts";
export { writeTuning } from "./kernel/tuningFile.ts";
export { Scope } from "./memory/scope.ts";
export { capture, type CapturedStep, type CaptureOptions, type StepReport } from "./tensor/capture.ts";
export * from "./tensor/create.ts";
export * from "./tensor/device.ts";
export { type DType } from "./tensor/dtype.ts";
export { toFloat16 } from "./tensor/float16.ts";
export { type MemoryHolder, type MemoryReport } from "./tensor/memoryReport.ts";
export * from "./tensor/random.ts";
export { type Shape, ShapeError, showShape, sizeOf } from "./tensor/shape.ts";
export type { StepInput } from "./tensor/stepInput.ts";
export type { StepResults } from "./tensor/stepResults.ts";
export { Tensor } from "./tensor/tensor.ts";
export { detach } from "./autograd/detach.ts";
export { checkpoint, freeAfter, noGrad, valueAndGrad, type ValueAndGrad } from "./autograd/tape.ts";
export * from "./ops/index.ts";
export * from "./nn/index.ts";
export * from "./optim/index.ts";
export * from "./io/index.ts";
