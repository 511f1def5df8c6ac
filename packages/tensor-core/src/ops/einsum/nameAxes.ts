/** @file Reads an equation of Einstein's summation convention: a letter for each axis of two operands and of the result. */

import { ShapeError, showShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../layout/reshape.ts";

/** A tensor and a name for each of its axes. */
export interface Operand {
  readonly t: Tensor;
  readonly letters: readonly string[];
}

export interface NamedAxes {
  readonly operands: readonly [Operand, Operand];
  readonly out: readonly string[];
  /** By letter. */
  readonly sizes: ReadonlyMap<string, number>;
}

const ellipsis = "...";

/**
 * Names the axes. Those that an ellipsis stands for are named by numbers, the last of them 0, so that the sides agree from
 * the last on; where such an axis is 1 on one side alone, that side goes without it.
 *
 * @throws ShapeError if the equation is malformed, or does not fit the shapes
 */
export function nameAxes(equation: string, a: Tensor, b: Tensor): NamedAxes {
  const sides = sidesOf(equation);
  const hidden = [a, b].map((t, i) =>
    sides[i]?.includes(ellipsis) ? t.rank - lettersOf(sides[i]).length : 0,
  );
  const [left, right] = [a, b].map((t, i) => spell(sides[i] ?? "", hidden[i] ?? 0)) as [string[], string[]];
  assertNamed(equation, sides[0], left, a);
  assertNamed(equation, sides[1], right, b);
  const sizes = new Map<string, number>();
  for (const [letters, { shape }] of [
    [left, a],
    [right, b],
  ] as const) {
    letters.forEach((letter, i) => measure(equation, sizes, letter, shape[i] ?? 1));
  }
  return {
    operands: [withoutRepeated(left, a, sizes), withoutRepeated(right, b, sizes)],
    out: spell(sides[2], Math.max(...hidden)),
    sizes,
  };
}

/** The two operands and the result, as they are written. */
function sidesOf(equation: string): [string, string, string] {
  const sides = equation.replaceAll(" ", "").split(/,|->/) as [string, string, string];
  const whole = sides.length === 3 && `${sides[0]},${sides[1]}->${sides[2]}` === equation.replaceAll(" ", "");
  if (!whole || !sides.every((side) => /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(side))) {
    throw new ShapeError(`[einsum] "${equation}" must name two operands and a result, such as "ij,jk->ik"`);
  }
  for (const side of sides) {
    const letters = lettersOf(side);
    const twice = letters.find((letter, i) => letters.indexOf(letter) !== i);
    if (twice) throw new ShapeError(`[einsum] "${equation}" has ${twice} twice in "${side}"`);
  }
  const [left, right, out] = sides;
  const unknown = lettersOf(out).find((letter) => !left.includes(letter) && !right.includes(letter));
  if (unknown) throw new ShapeError(`[einsum] "${equation}": no operand has ${unknown}`);
  if (out.includes(ellipsis) && !left.includes(ellipsis) && !right.includes(ellipsis)) {
    throw new ShapeError(`[einsum] "${equation}": no operand has an ellipsis`);
  }
  return sides;
}

const lettersOf = (side: string): string[] => side.replace(ellipsis, "").split("");

/** The letters of a side, with `count` numbers for its ellipsis. */
function spell(side: string, count: number): string[] {
  const at = side.indexOf(ellipsis);
  if (at < 0) return side.split("");
  const numbers = Array.from({ length: Math.max(0, count) }, (_, i) => `${count - 1 - i}`);
  return [...side.slice(0, at), ...numbers, ...side.slice(at + ellipsis.length)];
}

function assertNamed(equation: string, side: string, letters: readonly string[], t: Tensor): void {
  if (letters.length === t.rank) return;
  throw new ShapeError(`[einsum] "${equation}": "${side}" does not name the axes of ${showShape(t.shape)}`);
}

const isNumber = (letter: string): boolean => /\d/.test(letter);

function measure(equation: string, sizes: Map<string, number>, letter: string, n: number): void {
  const known = sizes.get(letter) ?? n;
  if (known !== n && !(isNumber(letter) && (known === 1 || n === 1))) {
    const what = isNumber(letter) ? `axis ${letter} from the last of its ellipsis` : letter;
    throw new ShapeError(`[einsum] "${equation}": ${what} is ${known} and ${n}`);
  }
  sizes.set(letter, known === 1 ? n : known);
}

/** The operand without the axes of its ellipsis that are 1 here and more on the other side. */
function withoutRepeated(letters: readonly string[], t: Tensor, sizes: ReadonlyMap<string, number>): Operand {
  const kept = letters.flatMap((letter, i) => (t.shape[i] === 1 && sizes.get(letter) !== 1 ? [] : [i]));
  if (kept.length === letters.length) return { t, letters };
  return {
    t: reshape(
      t,
      kept.map((i) => t.shape[i] ?? 1),
    ),
    letters: kept.map((i) => letters[i] as string),
  };
}
