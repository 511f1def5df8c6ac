/** @file Where a tensor lies in a larger one that has other elements along one axis only. */

import type { Span } from "../../tensor/recordByWindows.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A part in each row of a whole, in elements; a row is one index of the axes before the one that differs. */
export interface RowPlace {
  readonly row: number;
  readonly start: number;
  readonly length: number;
}

/** The part from `start` of the axis on. */
export function rowPlace(part: Tensor, whole: Tensor, axis: number, start: number): RowPlace {
  const inner = sizeOf(whole.shape.slice(axis + 1));
  return {
    row: (whole.shape[axis] ?? 1) * inner,
    start: start * inner,
    length: (part.shape[axis] ?? 1) * inner,
  };
}

/** A place in units of several elements, which divide it. */
export function inUnits({ row, start, length }: RowPlace, width: number): RowPlace {
  return { row: row / width, start: start / width, length: length / width };
}

/** The elements of the part that lie among `count` elements of the whole from `first` on. */
export function reachInPart({ row, start, length }: RowPlace): (first: number, count: number) => Span {
  const before = (at: number) => {
    const outer = Math.floor(at / row);
    return outer * length + Math.min(Math.max(at - outer * row - start, 0), length);
  };
  return (first, count) => [before(first), before(first + count)];
}
