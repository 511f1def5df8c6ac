/** @file Products of two tensors by Einstein's summation convention. */

import { freeAfter } from "../../autograd/tape.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { ShapeError, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../layout/reshape.ts";
import { transpose } from "../layout/transpose.ts";
import { matmul } from "../matmul/matmul.ts";
import { sum } from "../reduce/sum.ts";
import { nameAxes } from "./nameAxes.ts";

/**
 * Multiplies two tensors and sums over the axes that the result does not name: `einsum("bij,bkj->bik", a, b)`.
 *
 * Each axis has a letter. Letters of both sides and the result are batches, letters of both sides alone are summed over,
 * and letters of one side alone are summed over before the product. An ellipsis stands for the axes that have no letter;
 * those of both sides broadcast, counted from the last, and are summed over where the result has no ellipsis.
 *
 * @param equation two operands and a result, such as `"...ij,...jk->...ik"`; no letter twice in one operand
 * @param a        f32 or f16
 * @param b        f32 or f16
 * @returns        an axis for each letter of the result, and for each axis that its ellipsis stands for; f16 where both
 *                 are, else f32
 * @throws ShapeError if the equation is malformed, does not fit the shapes, or a dtype is neither f32 nor f16
 *
 * Numerics: those of one matmul; before it, those of `sum` for each letter of one side alone, of f16 rounded to f16 each.
 * Gradients: a, b.
 */
export function einsum(equation: string, a: Tensor, b: Tensor): Tensor {
  for (const { dtype } of [a, b]) {
    if (isFloat(dtype)) continue;
    throw new ShapeError(`[einsum] both must be f32 or f16, got ${a.dtype} and ${b.dtype}: cast them`);
  }
  return freeAfter(a.device, () => {
    const { operands, out, sizes } = nameAxes(equation, a, b);
    const [{ letters: left }, { letters: right }] = operands;
    const [x, xLetters] = sumAway(operands[0].t, left, (letter) => has(right)(letter) || has(out)(letter));
    const [y, yLetters] = sumAway(operands[1].t, right, (letter) => has(left)(letter) || has(out)(letter));
    const batch = out.filter((letter) => has(xLetters)(letter) && has(yLetters)(letter));
    const summed = xLetters.filter((letter) => has(yLetters)(letter) && !has(out)(letter));
    const rows = xLetters.filter((letter) => !has(yLetters)(letter));
    const columns = yLetters.filter((letter) => !has(xLetters)(letter));
    const count = (letters: string[]) => sizeOf(letters.map((letter) => sizes.get(letter) ?? 1));
    const product = matmul(
      arrange(x, xLetters, [...batch, ...rows, ...summed], [count(batch), count(rows), count(summed)]),
      arrange(y, yLetters, [...batch, ...summed, ...columns], [count(batch), count(summed), count(columns)]),
    ); // [batch, rows, columns]
    const order = [...batch, ...rows, ...columns];
    const whole = reshape(
      product,
      order.map((letter) => sizes.get(letter) ?? 1),
    );
    return transpose(
      whole,
      out.map((letter) => order.indexOf(letter)),
    );
  });
}

const has = (letters: readonly string[]) => (letter: string) => letters.includes(letter);

/** The axes of t, named by `from`, in another order and joined into `shape`. */
function arrange(t: Tensor, from: string[], order: string[], shape: number[]): Tensor {
  return reshape(
    transpose(
      t,
      order.map((letter) => from.indexOf(letter)),
    ),
    shape,
  );
}

/** Sums over the axes that are not kept. */
function sumAway(
  t: Tensor,
  letters: readonly string[],
  keep: (letter: string) => boolean,
): [Tensor, string[]] {
  let result = t;
  const left = [...letters];
  for (const letter of letters) {
    if (keep(letter)) continue;
    const axis = left.indexOf(letter);
    result = sum(result, axis);
    left.splice(axis, 1);
  }
  return [result, left];
}
