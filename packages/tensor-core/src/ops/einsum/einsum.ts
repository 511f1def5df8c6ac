/** @file Products of two tensors by Einstein's summation convention. */

import { ShapeError, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../layout/reshape.ts";
import { transpose } from "../layout/transpose.ts";
import { matmul } from "../matmul/matmul.ts";
import { sum } from "../reduce/sum.ts";

/**
 * Multiplies two tensors and sums over the axes that the result does not name: `einsum("bij,bkj->bik", a, b)`.
 *
 * Each axis has a letter. Letters of both sides and the result are batches, letters of both sides alone are summed over,
 * and letters of one side alone are summed over before the product.
 *
 * @param equation two operands and a result, without ellipses; no letter twice in one operand
 * @param a        f32
 * @param b        f32
 * @returns        an axis for each letter of the result
 * @throws ShapeError if the equation is malformed, or does not fit the shapes
 *
 * Numerics: those of one matmul. Gradients: a, b.
 */
export function einsum(equation: string, a: Tensor, b: Tensor): Tensor {
  const [left, right, out] = parse(equation);
  const sizes = new Map<string, number>();
  measure(equation, left, a, sizes);
  measure(equation, right, b, sizes);
  const [x, xLetters] = sumAway(a, left, (letter) => has(right)(letter) || has(out)(letter));
  const [y, yLetters] = sumAway(b, right, (letter) => has(left)(letter) || has(out)(letter));
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
}

const has = (letters: string[]) => (letter: string) => letters.includes(letter);

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

function parse(equation: string): [string[], string[], string[]] {
  const parts = /^([a-zA-Z]*),([a-zA-Z]*)->([a-zA-Z]*)$/.exec(equation.replaceAll(" ", ""));
  if (!parts) {
    throw new ShapeError(`[einsum] "${equation}" must name two operands and a result, such as "ij,jk->ik"`);
  }
  const [left, right, out] = parts.slice(1).map((letters) => letters.split("")) as [
    string[],
    string[],
    string[],
  ];
  for (const letters of [left, right, out]) {
    const twice = letters.find((letter, i) => letters.indexOf(letter) !== i);
    if (twice) throw new ShapeError(`[einsum] "${equation}" has ${twice} twice in "${letters.join("")}"`);
  }
  const unknown = out.find((letter) => !left.includes(letter) && !right.includes(letter));
  if (unknown) throw new ShapeError(`[einsum] "${equation}": no operand has ${unknown}`);
  return [left, right, out];
}

function measure(equation: string, letters: string[], t: Tensor, sizes: Map<string, number>): void {
  if (letters.length !== t.rank) {
    throw new ShapeError(
      `[einsum] "${equation}": "${letters.join("")}" does not name the axes of ${showShape(t.shape)}`,
    );
  }
  letters.forEach((letter, i) => {
    const n = t.shape[i] ?? 1;
    const known = sizes.get(letter) ?? n;
    if (known !== n) throw new ShapeError(`[einsum] "${equation}": ${letter} is ${known} and ${n}`);
    sizes.set(letter, n);
  });
}

/** Sums over the axes that are not kept. */
function sumAway(t: Tensor, letters: string[], keep: (letter: string) => boolean): [Tensor, string[]] {
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
