/** @file Reverse-mode automatic differentiation over a tape. */

import { assertNotAsync } from "../tensor/assertNotAsync.ts";
import type { Device } from "../tensor/device.ts";
import { isFloat } from "../tensor/dtype.ts";
import { fill } from "../tensor/fill.ts";
import { leaveToRecord } from "../tensor/recordApart.ts";
import { ShapeError, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { addGradients } from "./addGradients.ts";
import { rememberChoices, withoutChoices } from "./choices.ts";
import { Gradients } from "./gradients.ts";

/** One recorded op: how the gradients of its outputs become gradients of its inputs. */
export interface TapeEntry {
  readonly op: string;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  /** For each input: whether `backward` adds to what is known of its gradient. Absent where it never does. */
  readonly accumulates?: readonly boolean[];
  /**
   * Gradients in the order of the inputs; undefined where none is needed or defined. Of `dys`, in the order of the
   * outputs, at least one is defined. Where `known` has a tensor, the gradient returned includes it.
   */
  backward(
    dys: readonly (Tensor | undefined)[],
    known: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
}

/** A part of the forward pass that kept nothing but its result. */
interface RecomputedEntry {
  readonly output: Tensor;
  /** Runs the part again, on a tape of its own. */
  recompute(): { readonly tape: Tape; readonly value: Tensor };
}

class Tape {
  readonly tracked: Set<Tensor>;
  readonly entries: (TapeEntry | RecomputedEntry)[] = [];
  /** Tensors that are other tensors under another shape. A gradient belongs to what is viewed. */
  readonly viewed: Map<Tensor, Tensor>;

  /** @param around the tape that this one is a part of: it tracks the same tensors, and more */
  constructor(around?: Tape) {
    this.tracked = new Set(around?.tracked);
    this.viewed = new Map(around?.viewed);
  }
}

let active: Tape | undefined;

/** @internal True if a gradient may be asked for with respect to this tensor. */
export function isTracked(input: Tensor | undefined): boolean {
  return input !== undefined && active !== undefined && active.tracked.has(input);
}

/** @internal Appends an entry; its outputs are tracked from then on. */
export function record(entry: TapeEntry): void {
  for (const output of entry.outputs) active?.tracked.add(output);
  active?.entries.push(entry);
}

/** @internal Notes that `view` is `of` under another shape; they have one gradient. */
export function recordView(view: Tensor, of: Tensor): void {
  if (!active || !isTracked(of)) return;
  active.tracked.add(view);
  active.viewed.set(view, active.viewed.get(of) ?? of);
}

/**
 * Runs `fn` without recording: nothing inside it gets a gradient.
 *
 * @throws TypeError if `fn` is async: what it does after an await would be recorded
 */
export function noGrad<T>(fn: () => T): T {
  return assertNotAsync("noGrad", runOn(undefined, fn));
}

// A replay knows of no tape and of no part that is run again, and so must not the recording.
leaveToRecord((fn) => withoutChoices(() => runOn(undefined, fn)));

function runOn<T>(tape: Tape | undefined, fn: () => T): T {
  const outer = active;
  active = tape;
  try {
    return fn();
  } finally {
    active = outer;
  }
}

/**
 * Runs a part of a model, such as a block, and keeps nothing of it but its result: the backward pass runs it again.
 * Memory for time, with the same bits. Chen et al. 2016, "Training deep nets with sublinear memory cost",
 * arXiv:1604.06174.
 *
 * @param fn     a function of tensors alone; it may use parameters of its own, and drop out as its generator says. It
 *               runs again in the backward pass, where `device.eachStep` does nothing, no running statistics move, and a
 *               captured step is refused
 * @param inputs what `fn` is called with
 * @throws TypeError if `fn` is async
 */
export function checkpoint<I extends readonly [Tensor, ...Tensor[]]>(
  fn: (...inputs: I) => Tensor,
  ...inputs: I
): Tensor {
  const around = active;
  const part = () => assertNotAsync("checkpoint", fn(...inputs));
  if (!around) return part();
  const { device } = inputs[0];
  using scope = device.scope();
  const asBefore = rememberChoices();
  const run = (within: Tape) => {
    const tape = new Tape(within);
    return { tape, value: asBefore(() => runOn(tape, part)) };
  };
  const { tape, value } = run(around);
  if (tape.tracked.has(value) && !around.tracked.has(value)) {
    around.tracked.add(value);
    around.entries.push({ output: value, recompute: () => device.repeat(() => run(around)) });
  }
  return scope.keep(value);
}

/**
 * Runs a part of a model, such as a block, and frees what it made when it ends, but for its result: so a forward pass
 * takes the memory of one block. A part that gradients go through keeps all.
 *
 * @param device that the part runs on
 * @param fn     leaves nothing behind but its result and what it overwrites, such as a cache
 * @throws TypeError if `fn` is async
 */
export function freeAfter(device: Device, fn: () => Tensor): Tensor {
  using scope = device.scope();
  const around = active;
  const before = around?.entries.length;
  const value = scope.keep(assertNotAsync("freeAfter", fn()));
  if (around?.entries.length !== before) scope.keepAll();
  return value;
}

/** A scalar and its gradients, by the names of the parameters. */
export interface ValueAndGrad {
  readonly value: Tensor;
  readonly grads: ReadonlyMap<string, Tensor>;
}

/**
 * Evaluates a scalar function and its gradient with respect to named parameters.
 *
 * A parameter that the value does not depend on has no entry in `grads`. All tensors belong to the current scope. Two
 * parameters may have one tensor for a gradient, as the terms of a sum do: to dispose of it ends both.
 *
 * There are no gradients of gradients: a call inside another's function is refused, since nothing of what it computes
 * would be on the tape around it. Inside `noGrad` it runs, and its results are constants to what is around.
 *
 * @param fn     returns a tensor with one element, f32 or f16
 * @param params f32 or f16 tensors that `fn` uses
 * @throws ShapeError if the value is not a scalar, or it or a parameter is of a dtype without gradients
 * @throws Error inside another `valueAndGrad`, or a `checkpoint` of it, unless in `noGrad`
 * @throws TypeError if `fn` is async
 */
export function valueAndGrad(fn: () => Tensor, params: ReadonlyMap<string, Tensor>): ValueAndGrad {
  if (active) {
    throw new Error(
      "[valueAndGrad] cannot run inside another valueAndGrad, which would get no gradient through it: " +
        "add the losses up in one call, or put it in noGrad(() => valueAndGrad(...)), where its results are constants",
    );
  }
  const tape = new Tape();
  for (const [name, param] of params) {
    if (!isFloat(param.dtype)) {
      throw new ShapeError(
        `[valueAndGrad] parameter ${name} is ${param.dtype}, which has no gradient: leave it out`,
      );
    }
    tape.tracked.add(param);
  }
  const value = assertNotAsync("valueAndGrad", runOn(tape, fn));
  assertHasGradient(value);
  const gradients = noGrad(() => backward(tape, value));
  const grads = new Map<string, Tensor>();
  for (const [name, param] of params) {
    const gradient = gradients.get(param);
    if (gradient) grads.set(name, gradient);
  }
  return { value, grads };
}

function assertHasGradient(value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) {
    throw new TypeError(`[valueAndGrad] the function must return a tensor, got ${String(value)}`);
  }
  if (value.size !== 1) {
    throw new ShapeError(
      `[valueAndGrad] the value must be a scalar, got ${showShape(value.shape)}: sum or average it`,
    );
  }
  if (!isFloat(value.dtype)) {
    throw new ShapeError(
      `[valueAndGrad] the value must be f32 or f16, got ${value.dtype}, which has no gradient: compute it from floats`,
    );
  }
}

/** Gradients of what is tracked and was not computed: the parameters. */
function backward(tape: Tape, value: Tensor): Gradients {
  const gradients = new Gradients(tape.viewed);
  {
    using scope = value.device.scope();
    const seed = Tensor.allocate(value.device, value.shape, value.dtype, "the gradient of the value");
    // By a kernel: an upload would submit what is recorded so far.
    scope.keep(gradients.set(value, fill(seed, 1)));
  }
  walk(tape, gradients);
  return gradients;
}

/** Goes through the entries from the last to the first. */
function walk(tape: Tape, gradients: Gradients): void {
  for (const entry of tape.entries.toReversed()) {
    if ("recompute" in entry) walkRecomputed(entry, gradients);
    else walkOp(entry, tape, gradients);
  }
}

function walkOp(entry: TapeEntry, tape: Tape, gradients: Gradients): void {
  const dys = entry.outputs.map((output) => gradients.get(output));
  const device = dys.find((dy) => dy)?.device;
  if (!device) return;
  using scope = device.scope();
  const known = entry.inputs.map((input, i) =>
    // Where an op takes a tensor twice, its first place adds to what is known.
    input && entry.accumulates?.[i] && entry.inputs.indexOf(input) === i ? gradients.get(input) : undefined,
  );
  const found = entry.backward(dys, known);
  for (const [i, input] of entry.inputs.entries()) {
    const gradient = found[i];
    if (!input || !gradient || !tape.tracked.has(input)) continue;
    const before = known[i] ? undefined : gradients.get(input);
    scope.keep(gradients.set(input, before ? addGradients(before, gradient) : gradient));
  }
  // Nothing before this entry uses its outputs.
  for (const output of entry.outputs) gradients.delete(output);
}

function walkRecomputed({ output, recompute }: RecomputedEntry, gradients: Gradients): void {
  const dy = gradients.get(output);
  if (!dy) return;
  using scope = dy.device.scope();
  const { tape, value } = recompute();
  // Gradients are added up in the same order as if nothing had been recomputed.
  gradients.within(tape.viewed, () => {
    const before = gradients.get(value); // where the part only views one of its inputs
    scope.keep(gradients.set(value, before ? addGradients(before, dy) : dy));
    gradients.delete(output);
    walk(tape, gradients);
  });
  for (const gradient of gradients.all()) scope.keep(gradient);
}
