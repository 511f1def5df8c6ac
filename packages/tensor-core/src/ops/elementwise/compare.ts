/** @file Comparisons of two tensors with NumPy's broadcasting; f32 results of 1 and 0, without gradients. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { freeAfter } from "../../autograd/tape.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { zeros } from "../../tensor/create.ts";
import { broadcastShapes, ShapeError } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { compareKernel } from "./compare.wgsl.ts";
import type { ComparisonName } from "./comparisonTable.ts";
import { quadsOf, spread } from "./operands.ts";

const kernelOf = byVariant(compareKernel);

function comparison(name: ComparisonName): (a: Tensor, b: Tensor) => Tensor {
  const op = defineOp<{ a: Tensor; b: Tensor }, never, object, never>({
    name,
    shape: ({ a, b }) => {
      if (a.dtype !== b.dtype) {
        throw new ShapeError(
          `[${name}] both sides must have one dtype, got ${a.dtype} and ${b.dtype}: cast one`,
        );
      }
      return { y: { shape: broadcastShapes(name, a.shape, b.shape), dtype: "f32" } };
    },
    forward: ({ a, b, y }) => {
      using _copies = y.device.scope();
      const sides = spread(a, b, y.shape);
      runElements(kernelOf({ name, dtype: a.dtype }), { ...sides, y }, { bQuads: quadsOf(sides.b) });
    },
    save: [],
  });
  return (a, b) => op({ a, b }, {});
}

/** 1 where a = b, else 0; of any one dtype. */
export const equal = comparison("equal");

/** 1 where a ≠ b, else 0; of any one dtype. */
export const notEqual = comparison("notEqual");

/** 1 where a < b, else 0; of any one dtype. */
export const less = comparison("less");

/** 1 where a ≤ b, else 0; of any one dtype. */
export const lessEqual = comparison("lessEqual");

/** 1 where a > b, else 0; of any one dtype. */
export const greater = comparison("greater");

/** 1 where a ≥ b, else 0; of any one dtype. */
export const greaterEqual = comparison("greaterEqual");

/** 1 where neither a nor b is 0, else 0; of any one dtype; NaN is not 0. */
export const logicalAnd = comparison("logicalAnd");

/** 1 where a or b is not 0, else 0; of any one dtype; NaN is not 0. */
export const logicalOr = comparison("logicalOr");

/** 1 where x is 0, else 0; of any dtype. */
export function logicalNot(x: Tensor): Tensor {
  return freeAfter(x.device, () => equal(x, zeros(x.device, [], x.dtype)));
}

/** 1 where x is NaN, else 0; of any dtype. */
export function isNaN(x: Tensor): Tensor {
  return notEqual(x, x);
}
