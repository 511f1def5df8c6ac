/** @file Records the copy of a tensor into a larger one. */

import { run } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { fillWord } from "../../tensor/fill.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { castInto } from "./cast.ts";
import { copyUnit } from "./copyUnit.ts";
import { padKernel } from "./pad.wgsl.ts";

const kernelOf = byVariant(padKernel);

/** Fills y with `value`, and from `start` of the axis with x, which is as y along the other axes. */
export function padAxis(x: Tensor, y: Tensor, axis: number, start: number, value: number): void {
  const inner = sizeOf(y.shape.slice(axis + 1));
  const [row, from, length] = [y.shape[axis] ?? 1, start, x.shape[axis] ?? 1].map((n) => n * inner) as [
    number,
    number,
    number,
  ];
  const unit = copyUnit(y.dtype, [row, from, length]);
  if (unit) {
    const { width, element } = unit;
    const kernel = kernelOf({ element });
    const count = y.size / width;
    run(
      kernel,
      { x, y },
      {
        count,
        row: row / width,
        start: from / width,
        length: length / width,
        word: fillWord(value, y.dtype),
      },
      Math.ceil(count / kernel.workgroup),
    );
    return;
  }
  // f16 at odd places, by way of f32.
  const [wideX, wideY] = [x, y].map((t) => Tensor.allocate(t.device, t.shape, "f32", "[pad] in f32")) as [
    Tensor,
    Tensor,
  ];
  castInto(x, wideX);
  padAxis(wideX, wideY, axis, start, value);
  castInto(wideY, y);
  wideX.dispose();
  wideY.dispose();
}
