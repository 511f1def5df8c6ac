/** @file Powers, to a number or to another tensor. */

import { defineOp, runElements } from "../../autograd/defineOp.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { sumTo } from "../reduce/sum.ts";
import { commonFloat, quadsOf, spread } from "./operands.ts";
import { powerBackward, powerForward } from "./power.wgsl.ts";
import { pow as powerOfNumber } from "./unary.ts";

const kernels = { forward: byVariant(powerForward), backward: byVariant(powerBackward) };

const powerOp = defineOp<{ a: Tensor; b: Tensor }, never, object, "a" | "b">({
  name: "pow",
  shape: ({ a, b }) => ({
    y: { shape: broadcastShapes("pow", a.shape, b.shape), dtype: commonFloat("pow", a, b) },
  }),
  forward: ({ a, b, y }) => {
    using _copies = y.device.scope();
    const sides = spread(a, b, y.shape);
    const kernel = kernels.forward({ dtype: commonFloat("pow", a, b) });
    runElements(kernel, { ...sides, y }, { bQuads: quadsOf(sides.b) });
  },
  save: ["a", "b"],
  gradient: ({ a, b }, dy, _, needs) => {
    const sideOf = (side: "a" | "b") => {
      const d = Tensor.allocate(dy.device, dy.shape, dy.dtype, `[pow] d${side}`);
      const sides = spread(a, b, dy.shape);
      const kernel = kernels.backward({ side, dtype: commonFloat("pow", a, b) });
      if (d.size > 0) runElements(kernel, { ...sides, dy, d }, { bQuads: quadsOf(sides.b) });
      return d;
    };
    return {
      a: needs.has("a") ? sumTo(sideOf("a"), a.shape) : undefined,
      b: needs.has("b") ? sumTo(sideOf("b"), b.shape) : undefined,
    };
  },
});

/**
 * x to a power: a number, or a tensor that broadcasts with x; NaN for a negative x where the power is not whole, 1 where
 * it is 0.
 *
 * @param x        f32 or f16
 * @param exponent a number, or a tensor of the dtype of x
 * @throws ShapeError if the shapes do not broadcast or the dtypes differ
 *
 * Numerics: by the adapter's pow, whose error grows with the exponent: of x to 1 about 5e-7 of the result, to 2 1e-6, to
 * 10 4e-6 on software adapters (`square` only rounds); powers of 0 are exact. An infinite exponent is not whole, and
 * of 1 its power is the adapter's to say, often NaN, where IEEE 754 has 1; to the power NaN all is NaN, 1 too.
 *
 * Gradients: x, exponent; that of the exponent is 0 where x is 0 and the exponent is not negative, as in PyTorch.
 */
export function pow(x: Tensor, exponent: number | Tensor): Tensor {
  return typeof exponent === "number" ? powerOfNumber(x, exponent) : powerOp({ a: x, b: exponent }, {});
}
