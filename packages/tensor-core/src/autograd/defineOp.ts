/** @file How an op is declared: shape rule, forward, what it saves, gradient. */

import { assertOneDevice } from "../tensor/run.ts";
import { ShapeError } from "../tensor/shape.ts";
import { Tensor, type TensorSpec } from "../tensor/tensor.ts";
import { isTracked, noGrad, record } from "./tape.ts";

export { recordByRows } from "../tensor/recordByRows.ts";
export { run, runElements } from "../tensor/run.ts";

type InputTensors = { readonly [name: string]: Tensor | undefined };

/**
 * An op over named tensors.
 *
 * `I` are the inputs (optional ones may be undefined), `O` the names of the outputs, of which `y` is the result and the
 * others serve the gradient; `A` are plain attributes; `S` names what the gradient needs.
 */
export interface OpDefinition<I extends InputTensors, O extends string, A, S extends keyof I | O> {
  readonly name: string;
  /** Checks the inputs, throws ShapeError, and says what the outputs are. */
  shape(inputs: I, attributes: A): Readonly<Record<O | "y", TensorSpec>>;
  /** Records the kernels that fill the outputs. Never called for an empty result. */
  forward(tensors: I & Readonly<Record<O | "y", Tensor>>, attributes: A): void;
  /** What the backward pass needs; the rest may be freed. */
  readonly save: readonly S[];
  /** Inputs whose gradient includes what `known` has of it: one kernel less where a tensor has several uses. */
  readonly accumulates?: readonly (keyof I)[];
  /**
   * Gradients of the inputs that `needs` names; it may call ops. Absent for ops without a gradient. Of the inputs in
   * `accumulates`, `known` holds the gradient so far where there is one; it must be added, in new memory.
   */
  gradient?(
    saved: Pick<I & Readonly<Record<O | "y", Tensor>>, S>,
    dy: Tensor,
    attributes: A,
    needs: ReadonlySet<keyof I>,
    known: { readonly [K in keyof I]?: Tensor | undefined },
  ): { readonly [K in keyof I]?: Tensor | undefined };
}

/** Turns a declaration into a function of named inputs and attributes. */
export function defineOp<I extends InputTensors, O extends string, A, S extends keyof I | O | "y">(
  op: OpDefinition<I, O | "y", A, S>,
): (inputs: I, attributes: A) => Tensor {
  return (inputs, attributes) => {
    const names = Object.keys(inputs) as (keyof I & string)[];
    const first = checkInputs(op.name, inputs);
    const specs = op.shape(inputs, attributes);
    const outputs = {} as Record<O | "y", Tensor>;
    for (const name of Object.keys(specs) as (O | "y")[]) {
      const { shape, dtype } = specs[name];
      outputs[name] = Tensor.allocate(first.device, shape, dtype, `[${op.name}] ${name}`);
    }
    const all = { ...inputs, ...outputs };
    if (outputs.y.size > 0) noGrad(() => op.forward(all, attributes));
    const needs = new Set(names.filter((name) => isTracked(inputs[name])));
    const gradient = needs.size > 0 ? op.gradient : undefined;
    // The others serve the gradient alone.
    const served: readonly PropertyKey[] = gradient ? ["y", ...op.save] : ["y"];
    for (const [name, output] of Object.entries<Tensor>(outputs))
      if (!served.includes(name)) output.dispose();
    if (gradient) {
      const saved = Object.fromEntries(op.save.map((key) => [key, all[key]])) as unknown as typeof all;
      record({
        op: op.name,
        inputs: names.map((name) => inputs[name]),
        outputs: [outputs.y],
        ...(op.accumulates
          ? { accumulates: names.map((name) => op.accumulates?.includes(name) ?? false) }
          : {}),
        backward: ([dy], sums) => {
          const known = Object.fromEntries(names.map((name, i) => [name, sums[i]]));
          const gradients = gradient(saved, dy as Tensor, attributes, needs, known as Partial<I>);
          return names.map((name) => gradients[name]);
        },
      });
    }
    return outputs.y;
  };
}

function checkInputs(op: string, inputs: InputTensors): Tensor {
  let first: Tensor | undefined;
  for (const input of Object.values(inputs)) {
    if (!input) continue;
    input.assertLive(op);
    first ??= input;
    assertOneDevice(op, first, input);
  }
  if (!first) throw new ShapeError(`[${op}] needs at least one tensor`);
  return first;
}
