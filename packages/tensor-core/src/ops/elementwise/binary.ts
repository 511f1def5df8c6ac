/**
 * @file Functions of two tensors, element by element, with NumPy's broadcasting. f32 or f16, computed in f32; gradients: a, b.
 * All but the quotient take two of i32 or two of u32 too, which wrap around and have no gradient.
 */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { sumTo } from "../reduce/sum.ts";
import { type BinaryName, type BinaryRow, binaryTable } from "./binaryTable.ts";
import { binaryBackward, binaryForward } from "./binary.wgsl.ts";
import { commonDtype, commonFloat, quadsOf, spread } from "./operands.ts";

const kernels = { forward: byVariant(binaryForward), backward: byVariant(binaryBackward) };

function binaryOp(name: BinaryName): (a: Tensor, b: Tensor) => Tensor {
  const row: BinaryRow = binaryTable[name];
  const dtypeOf = (a: Tensor, b: Tensor) => commonDtype(name, a, b, row.whole !== undefined);
  const op = defineOp<{ a: Tensor; b: Tensor }, never, object, "a" | "b">({
    name,
    shape: ({ a, b }) => ({
      y: { shape: broadcastShapes(name, a.shape, b.shape), dtype: dtypeOf(a, b) },
    }),
    forward: ({ a, b, y }) => {
      using _copies = y.device.scope();
      const sides = spread(a, b, y.shape);
      runElements(
        kernels.forward({ name, dtype: dtypeOf(a, b) }),
        { ...sides, y },
        { bQuads: quadsOf(sides.b) },
      );
    },
    save: ["a", "b"],
    gradient: ({ a, b }, dy, _, needs) => {
      const side = (key: "da" | "db") => {
        if (row[key] === "dy") return dy;
        const d = Tensor.allocate(dy.device, dy.shape, dy.dtype, `[${name}] ${key}`);
        const backward = kernels.backward({ name, side: key, dtype: commonFloat(name, a, b) });
        const sides = spread(a, b, dy.shape, backward.buffers);
        runElements(backward, { ...sides, dy, d }, { bQuads: quadsOf(sides.b) });
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

/** a + b */
export const add = binaryOp("add");
/** a - b */
export const sub = binaryOp("sub");
/** a * b */
export const mul = binaryOp("mul");
/** a / b */
export const div = binaryOp("div");

/** The larger of a and b, NaN where either is, when both have the whole gradient; equal elements share it, as in PyTorch. */
export const maximum = binaryOp("maximum");

/** The smaller of a and b, NaN where either is, when both have the whole gradient; equal elements share it, as in PyTorch. */
export const minimum = binaryOp("minimum");
