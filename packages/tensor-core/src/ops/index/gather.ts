/** @file Elements chosen by ids along an axis. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { arange } from "../../tensor/create.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { fill } from "../../tensor/fill.ts";
import { bindsWhole, recordByWindows, type Span } from "../../tensor/recordByWindows.ts";
import { normalizeAxis, ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { equal } from "../elementwise/compare.ts";
import { unsqueeze } from "../layout/axes.ts";
import { inSingle } from "../layout/inSingle.ts";
import { reshape } from "../layout/reshape.ts";
import { transpose } from "../layout/transpose.ts";
import { windowValues } from "../layout/windowUniforms.ts";
import { embedding } from "./embedding.ts";
import { gatherBackward, gatherBackwardInWindows, gatherInWindows, gatherKernel } from "./gather.wgsl.ts";

const gatherOp = defineOp<{ x: Tensor; ids: Tensor }, never, { axis: number }, "x" | "ids">({
  name: "gather",
  shape: ({ x, ids }) => ({ y: { shape: ids.shape, dtype: x.dtype } }),
  forward: ({ x, ids, y }, { axis }) => {
    const lines = linesOf(x, ids, axis);
    if (bindsWhole({ x, y })) {
      run(gatherKernel, { x, ids, y }, { count: y.size, ...lines }, Math.ceil(y.size / 64));
      return;
    }
    recordByWindows({ ids, y }, { x }, reachOfLines(lines, "taken", "n"), (tensors, window) => {
      const uniforms = { ...lines, ...windowValues(window) };
      run(gatherInWindows, tensors, uniforms, Math.ceil(window.count / 64));
    });
  },
  save: ["x", "ids"],
  gradient: ({ x, ids }, dy, { axis }) => {
    const dx = Tensor.allocate(x.device, x.shape, "f32", "[gather] dx");
    const lines = linesOf(x, ids, axis);
    if (bindsWhole({ dx, dy })) {
      run(gatherBackward, { ids, dy, dx }, { count: dx.size, ...lines }, Math.ceil(dx.size / 64));
      return { x: dx };
    }
    fill(dx, 0);
    recordByWindows({ dx }, { ids, dy }, reachOfLines(lines, "n", "taken"), (tensors, window) => {
      const uniforms = { ...lines, ...windowValues(window) };
      run(gatherBackwardInWindows, tensors, uniforms, Math.ceil(window.count / 64));
    });
    return { x: dx };
  },
});

/** x is [outer, n, inner], the ids are [outer, taken, inner]. */
interface Lines {
  readonly n: number;
  readonly taken: number;
  readonly inner: number;
}

function linesOf(x: Tensor, ids: Tensor, axis: number): Lines {
  return { n: x.shape[axis] ?? 1, taken: ids.shape[axis] ?? 1, inner: sizeOf(x.shape.slice(axis + 1)) };
}

/** All lines whose elements along `to` are among `count` elements from `first` on, in elements along `from`. */
function reachOfLines(
  lines: Lines,
  to: "n" | "taken",
  from: "n" | "taken",
): (first: number, count: number) => Span {
  const [written, read] = [lines[to] * lines.inner, lines[from] * lines.inner];
  return (first, count) => [Math.floor(first / written) * read, Math.ceil((first + count) / written) * read];
}

/**
 * Chooses from each line along an axis: y[..., j, ...] = x[..., ids[..., j, ...], ...]. PyTorch's gather, NumPy's
 * take_along_axis. An id that is no place gives 0 and takes no part in the gradient.
 *
 * @param x   [..., n, ...] of any dtype
 * @param ids [..., m, ...] i32, of the shape of x except along the axis
 * @returns   [..., m, ...] of the dtype of x
 * @throws ShapeError if the ids have another shape or dtype
 *
 * Numerics: exact. Gradients: x, in n·m steps a line, in the order of the ids.
 */
export function gather(x: Tensor, ids: Tensor, axis: number): Tensor {
  const at = normalizeAxis("gather", axis, x.rank);
  const fits = ids.rank === x.rank && ids.shape.every((n, i) => i === at || n === x.shape[i]);
  if (!fits || ids.dtype !== "i32") {
    throw new ShapeError(
      `[gather] ids must be i32 of the shape ${showShape(x.shape)} except along axis ${axis}, ` +
        `got ${showShape(ids.shape)} ${ids.dtype}`,
    );
  }
  if (x.dtype === "f16") return inSingle(x, (wide) => gather(wide, ids, at));
  return gatherOp({ x, ids }, { axis: at });
}

/**
 * Takes whole entries along an axis: y[..., ids, ...] = x[..., ids, ...]. PyTorch's index_select, MLX's take.
 *
 * @param x   [..., n, ...] f32 or f16
 * @param ids [...] i32; an id that is no place gives zeros
 * @returns   [..., ids' shape, ...]
 * @throws ShapeError if the axis is out of range or a dtype does not fit
 *
 * Numerics: exact. Gradients: x, as {@link embedding}'s.
 */
export function take(x: Tensor, ids: Tensor, axis = 0): Tensor {
  const at = normalizeAxis("take", axis, x.rank);
  if (!isFloat(x.dtype)) throw new ShapeError(`[take] x must be f32 or f16, got ${x.dtype}: cast it`);
  if (ids.dtype !== "i32") throw new ShapeError(`[take] ids must be i32, got ${ids.dtype}: cast them`);
  const order = x.shape.map((_, i) => i);
  const rest = x.shape.toSpliced(at, 1);
  return freeAfter(x.device, () => {
    const table = transpose(x, [at, ...order.toSpliced(at, 1)]); // [n, ...]
    const rows = embedding(reshape(table, [x.shape[at] ?? 1, sizeOf(rest)]), ids); // [ids, rest]
    const spread = reshape(rows, [...ids.shape, ...rest]);
    // The axes of the ids go where the axis was.
    const own = ids.shape.map((_, i) => i);
    const others = rest.map((_, i) => ids.rank + i);
    return transpose(spread, [...others.slice(0, at), ...own, ...others.slice(at)]);
  });
}

/**
 * A row of zeros with a one at each id.
 *
 * @param ids     [...] i32; an id that is no class gives zeros
 * @param classes length of a row
 * @returns       [..., classes] f32
 * @throws ShapeError if the ids are not i32, or classes is no whole number
 */
export function oneHot(ids: Tensor, classes: number): Tensor {
  if (ids.dtype !== "i32") throw new ShapeError(`[oneHot] ids must be i32, got ${ids.dtype}`);
  if (!Number.isInteger(classes) || classes < 0) {
    throw new ShapeError(`[oneHot] classes must be a whole number >= 0, got ${classes}`);
  }
  return freeAfter(ids.device, () => equal(unsqueeze(ids, -1), arange(ids.device, 0, classes, 1, "i32")));
}
