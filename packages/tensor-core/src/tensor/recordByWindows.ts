/** @file Records kernels that read from elsewhere than they write to, in as many parts as the device's bindings ask for. */

import { rangeAlignment, type Tensor } from "./tensor.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** What one dispatch sees, in elements; both begin at multiples of {@link rangeAlignment}. */
export interface Window {
  /** First element of the part that is written. */
  readonly first: number;
  readonly count: number;
  /** First element of the window that is read. */
  readonly from: number;
  readonly length: number;
}

/** Elements from the first up to, not including, the end. */
export type Span = readonly [first: number, end: number];

/** True if the device binds all of each tensor at once. */
export function bindsWhole(tensors: Tensors): boolean {
  return Object.values(tensors).every(({ bytes, device }) => bytes <= device.maxBindingBytes);
}

/**
 * Records a kernel for each part of what it writes, and for each window of what that part may read, one after another.
 *
 * The kernel leaves alone what the window before it does not hold, or adds to what an earlier window has put there:
 * windows of a part come in the order of their elements.
 *
 * @param written tensors of one size, which are cut alike
 * @param source  tensors of one size, which are cut alike
 * @param reach   the elements of the source that `count` elements from `first` on may read; it may be too many
 * @param record  called with parts and windows of the tensors; with all of them where the device binds too little to cut
 */
export function recordByWindows<W extends Tensors, S extends Tensors>(
  written: W,
  source: S,
  reach: (first: number, count: number) => Span,
  record: (tensors: W & S, window: Window) => void,
): void {
  const [parts, windows] = [cutOf(written), cutOf(source)];
  const { device } = Object.values(written)[0] as Tensor;
  if (parts.most === 0 || windows.most === 0) {
    return record({ ...written, ...source }, { first: 0, count: parts.size, from: 0, length: windows.size });
  }
  for (const window of planOf(parts, windows, reach)) {
    using _ranges = device.scope();
    const tensors = {
      ...rangesOf(written, window.first, window.count),
      ...rangesOf(source, window.from, window.length),
    };
    record(tensors, window);
  }
}

interface Cut {
  readonly size: number;
  /** Most elements at once, so that the next ones begin where a binding may. */
  readonly most: number;
}

function cutOf(tensors: Tensors): Cut {
  const { device, size } = Object.values(tensors)[0] as Tensor;
  const widest = Math.max(...Object.values(tensors).map((t) => t.bytes / t.size || 1));
  return { size, most: alignDown(device.maxBindingBytes / widest) };
}

/** Windows with the least to go through: smaller parts are more, but each may reach less. */
function planOf(parts: Cut, windows: Cut, reach: (first: number, count: number) => Span): Window[] {
  const most = Math.min(parts.most, alignDown(parts.size + rangeAlignment - 1));
  // One that is a little shorter has room before what it reads.
  const sizes = [most, most - rangeAlignment, ...[2, 4, 8].map((n) => alignDown(most / n))];
  const plans = sizes.filter((size) => size > 0).map((size) => windowsOf(parts.size, size, windows, reach));
  const work = (plan: readonly Window[]) => plan.reduce((total, { count }) => total + count, 0);
  return plans.reduce((best, plan) => (work(plan) < work(best) ? plan : best));
}

function windowsOf(
  size: number,
  part: number,
  { most }: Cut,
  reach: (first: number, count: number) => Span,
): Window[] {
  const windows: Window[] = [];
  for (let first = 0; first < size; first += part) {
    const count = Math.min(part, size - first);
    const [low, reached] = reach(first, count);
    // What reads nothing is written all the same.
    const end = low < reached ? reached : 0;
    let from = end > 0 ? alignDown(low) : 0;
    do {
      windows.push({ first, count, from, length: Math.min(most, end - from) });
      from += most;
    } while (from < end);
  }
  return windows;
}

function alignDown(elements: number): number {
  return Math.floor(elements / rangeAlignment) * rangeAlignment;
}

function rangesOf<T extends Tensors>(tensors: T, first: number, count: number): T {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.range(first, [count])]),
  ) as unknown as T;
}
