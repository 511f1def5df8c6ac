/** @file Shapes: sizes, strides, broadcasting, and the error that names them. */

export type Shape = readonly number[];

/** A shape, axis or dtype that an op does not accept. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/** `[2, 3]` as text. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = Array.from({ length: shape.length }, () => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/** @throws ShapeError unless every dimension is a whole number >= 0 */
export function assertDimensions(op: string, shape: Shape): void {
  if (shape.every((n) => Number.isInteger(n) && n >= 0)) return;
  throw new ShapeError(`[${op}] every dimension must be a whole number >= 0, got ${showShape(shape)}`);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/**
 * The axis counted from the front.
 *
 * @throws ShapeError unless -rank <= axis < rank: a scalar has none
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new ShapeError(
      rank === 0
        ? `[${op}] a scalar has no axes, got axis ${axis}: leave the axis out, or reshape the tensor to [1]`
        : `[${op}] axis ${axis} is out of range for rank ${rank}: use ${-rank} to ${rank - 1}`,
    );
  }
  return positive;
}

/**
 * The shape that both broadcast to, by NumPy's rule.
 *
 * @throws ShapeError if an axis differs and neither side is 1
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `[${op}] ${showShape(a)} and ${showShape(b)} do not broadcast: axis ${i} is ${m} and ${n}; make them equal or one of them 1`,
      );
    }
    out.push(m === 1 ? n : m);
  }
  return out;
}
