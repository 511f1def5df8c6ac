/** @file Functions of two tensors, element by element, with NumPy's broadcasting. f32; gradients: a, b. */

import { defineOp, run } from "../../autograd/defineOp.ts";
import { broadcastShapes, sameShape, type Shape, ShapeError, sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { broadcastTo } from "../layout/broadcastTo.ts";
import { sumTo } from "../reduce/sum.ts";
import { type BinaryName, binaryTable } from "./binaryTable.ts";
import { binaryBackward, binaryForward } from "./binary.wgsl.ts";

function binaryOp(name: BinaryName): (a: Tensor, b: Tensor) => Tensor {
  const forward = binaryForward(name);
  const backward = { da: binaryBackward(name, "da"), db: binaryBackward(name, "db") };
  const op = defineOp<{ a: Tensor; b: Tensor }, never, object, "a" | "b">({
    name,
    shape: ({ a, b }) => {
      for (const t of [a, b])
        if (t.dtype !== "f32") throw new ShapeError(`[${name}] both sides must be f32, got ${t.dtype}`);
      return { y: { shape: broadcastShapes(name, a.shape, b.shape), dtype: "f32" } };
    },
    forward: ({ a, b, y }) => {
      const sides = spread(a, b, y.shape);
      run(
        forward,
        { ...sides, y },
        counts(sides.b, y.size),
        Math.ceil(Math.ceil(y.size / 4) / forward.workgroup),
      );
    },
    save: ["a", "b"],
    gradient: ({ a, b }, dy, _, needs) => {
      const side = (key: "da" | "db") => {
        if (binaryTable[name][key] === "dy") return dy;
        const d = Tensor.allocate(dy.device, dy.shape, "f32", `[${name}] ${key}`);
        const sides = spread(a, b, dy.shape);
        const groups = Math.ceil(Math.ceil(dy.size / 4) / 64);
        run(backward[key], { ...sides, dy, d }, counts(sides.b, dy.size), groups);
        return d;
      };
      return {
        a: needs.has("a") ? sumTo(side("da"), a.shape) : undefined,
        b: needs.has("b") ? sumTo(side("db"), b.shape) : undefined,
      };
    },
  });
  return (a, b) => op({ a, b }, {});
}

/** Operands that the kernels can read: whole, except a b that repeats along leading axes in whole quads. */
function spread(a: Tensor, b: Tensor, shape: Shape): { a: Tensor; b: Tensor } {
  const repeats = b.size % 4 === 0 && b.size > 0 && sameShape(b.shape, shape.slice(shape.length - b.rank));
  return { a: broadcastTo(a, shape), b: repeats ? b : broadcastTo(b, shape) };
}

function counts(b: Tensor, size: number): { quads: number; bQuads: number } {
  return { quads: Math.ceil(size / 4), bQuads: Math.max(1, Math.ceil(sizeOf(b.shape) / 4)) };
}

/** a + b */
export const add = binaryOp("add");
/** a - b */
export const sub = binaryOp("sub");
/** a * b */
export const mul = binaryOp("mul");
/** a / b */
export const div = binaryOp("div");
