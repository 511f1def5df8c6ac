/** @file Records kernels over tensors, whole or in parts that the device can bind. */

import type { Groups, UniformValue } from "../kernel/command.ts";
import type { KernelSpec } from "../kernel/kernelSpec.ts";
import { MemoryError } from "../memory/memoryError.ts";
import type { Device } from "./device.ts";
import { ShapeError, showShape } from "./shape.ts";
import { rangeAlignment, type Tensor } from "./tensor.ts";
import { makesNoMemory } from "./withoutMemory.ts";

/** @throws ShapeError if two tensors, or what `what` calls them, live on two devices */
export function assertOneDevice(op: string, a: Tensor, b: Tensor, what = "the tensors"): void {
  if (a.device === b.device) return;
  throw new ShapeError(`[${op}] ${what} live on two devices; make them on the same one`);
}

/**
 * Records a kernel over tensors of one device, bound by name. A uniform that is a function is taken anew each time that
 * a captured step runs.
 *
 * @throws ShapeError if the tensors live on two devices
 */
export function run<B extends string, U extends string>(
  kernel: KernelSpec<B, U>,
  tensors: Readonly<Record<B, Tensor>>,
  uniforms: Readonly<Record<U, UniformValue>>,
  groups: Groups,
): void {
  const bindings = {} as Record<B, Tensor["binding"]>;
  let first: Tensor | undefined;
  for (const name in kernel.buffers) {
    // A gradient may need what an inner scope has freed.
    tensors[name].assertLive(kernel.label);
    first ??= tensors[name] as Tensor;
    assertOneDevice(kernel.label, first, tensors[name]);
    if (!makesNoMemory()) bindings[name] = tensors[name].binding;
  }
  if (!makesNoMemory()) first?.device.recorder.dispatch(kernel, bindings, uniforms, groups);
}

/**
 * Records an elementwise kernel, four elements an invocation, in as many parts as the device's bindings ask for.
 *
 * @param kernel   has a uniform `quads`, the elements to go through by fours
 * @param tensors  all of one size, save such that repeat: those are bound whole in each part
 * @param uniforms all but `quads`
 * @throws MemoryError if a tensor that repeats leaves no place to cut
 */
export function runElements<B extends string, U extends string>(
  kernel: KernelSpec<B, U | "quads"> & { readonly workgroup: number },
  tensors: Readonly<Record<B, Tensor>>,
  uniforms: Readonly<Record<Exclude<U, "quads">, UniformValue>>,
): void {
  let largest: Tensor | undefined;
  for (const name in kernel.buffers) {
    if (!largest || tensors[name].size > largest.size) largest = tensors[name];
  }
  if (!largest) return;
  const { device, size, shape } = largest;
  const record = (part: Readonly<Record<B, Tensor>>, count: number) => {
    const quads = Math.ceil(count / 4);
    const values = { ...uniforms, quads } as Readonly<Record<U | "quads", UniformValue>>;
    run(kernel, part, values, Math.ceil(quads / kernel.workgroup));
  };
  if (size * 4 <= device.maxBindingBytes) return record(tensors, size);
  let period = 1;
  for (const name in kernel.buffers) if (tensors[name].size < size) period = tensors[name].size;
  const most = elementsAtOnce(device, period);
  if (most === 0) {
    throw new MemoryError(
      `[${kernel.label}] ${showShape(shape)} is more than this device binds at once, and what repeats along it, with ` +
        `${period} elements, leaves no place to cut: use a smaller batch, or broadcast it first`,
    );
  }
  for (const { start, count } of elementRuns(size, most)) {
    using _parts = device.scope();
    const part: Record<B, Tensor> = { ...tensors };
    for (const name in kernel.buffers) {
      if (tensors[name].size === size) part[name] = tensors[name].range(start, [count]);
    }
    record(part, count);
  }
}

/**
 * Records an elementwise kernel over y, and what has its size, in runs that the device binds at once.
 *
 * @param tensors all of the size of y
 * @param record  called with a run of each, and its first element
 */
export function recordByElements<T extends Readonly<Record<string, Tensor>> & { readonly y: Tensor }>(
  tensors: T,
  record: (part: T, start: number) => void,
): void {
  const { device, size } = tensors.y;
  const most = elementsAtOnce(device);
  // Where nothing can be cut, the recorder says what is too large.
  if (size * 4 <= device.maxBindingBytes || most === 0) return record(tensors, 0);
  for (const { start, count } of elementRuns(size, most)) {
    using _parts = device.scope();
    const part = Object.entries(tensors).map(([name, tensor]) => [name, tensor.range(start, [count])]);
    record(Object.fromEntries(part) as T, start);
  }
}

/** Runs of at most so many elements. */
function elementRuns(size: number, most: number): { readonly start: number; readonly count: number }[] {
  return Array.from({ length: Math.ceil(size / most) }, (_, i) => ({
    start: i * most,
    count: Math.min(most, size - i * most),
  }));
}

/**
 * The most elements of four bytes in one binding, a multiple of `period` where a binding may begin; 0 if there is none.
 */
export function elementsAtOnce(device: Device, period = 1): number {
  let step = period;
  while (step % rangeAlignment !== 0) step += period;
  return Math.floor(device.maxBindingBytes / 4 / step) * step;
}
