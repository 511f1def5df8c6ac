/**
 * @file Stochastic gradient descent, with momentum and as a plain step. Sutskever et al. 2013, "On the importance of
 * initialization and momentum in deep learning".
 */

import { run } from "../autograd/defineOp.ts";
import type { HostTensor } from "../nn/module.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  assertBelowOne,
  assertNotNegative,
  assertRate,
  decaysOf,
  given,
  rateAt,
  sharesOf,
} from "./optimizerOptions.ts";
import { assertApart, type LearningRate, parameterOf, partsOf } from "./parameterParts.ts";
import { assertStepCount, ParameterState, sideBySide } from "./parameterState.ts";
import {
  maxMomentumParameters,
  maxSgdParameters,
  type MomentumForm,
  updateMomentum,
  updateSgd,
} from "./sgd.wgsl.ts";

export interface SGDOptions {
  readonly learningRate: LearningRate;
  /** Share of the velocity that a step keeps; default 0, for which no velocity is stored. */
  readonly momentum?: number;
  /** Steps by the gradient and the velocity that follows, not by the velocity alone; default false. */
  readonly nesterov?: boolean;
  /** L2 regularisation: so many times the parameter is added to its gradient; default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay; default all. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
  /** A parameter's share of the learning rate, for groups that learn faster or slower; default 1. */
  readonly rateOf?: (name: string, parameter: Tensor) => number;
}

/**
 * Stochastic gradient descent as PyTorch's `SGD` has it: for gradient g,
 *
 *     g = g + weightDecay · p
 *     v = momentum · v + g
 *     p = p − rate · v,   or with nesterov   p − rate · (g + momentum · v)
 *
 * Parameters and velocities change in place; nothing is read back. A parameter without a gradient stays as it is, and
 * its velocity too. A step may be captured: the count of steps, and a learning rate that is a schedule, go on in every
 * replay. `clipGradNorm` limits gradients before.
 */
export class SGD {
  readonly #params: ReadonlyMap<string, Tensor>;
  readonly #velocities: ParameterState;
  readonly #form: MomentumForm;
  readonly #options: Required<SGDOptions>;
  #stepCount = 0;

  /**
   * @param params f32 tensors by name; they must outlive the optimiser
   * @throws ShapeError if there is no parameter, two names stand for one tensor, or parameters live on two devices
   * @throws RangeError if a number of the options is none that an optimiser can use, or nesterov has no momentum
   */
  constructor(params: ReadonlyMap<string, Tensor>, options: SGDOptions) {
    const [first] = params.values();
    if (!first) throw new ShapeError("[SGD] needs at least one parameter");
    first.device.assertNotRecording("SGD");
    assertApart("SGD", params);
    this.#params = new Map(params);
    this.#options = {
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      decays: () => true,
      rateOf: () => 1,
      ...given(options),
    };
    const { learningRate, momentum, nesterov, weightDecay } = this.#options;
    assertRate("SGD", learningRate);
    assertBelowOne("SGD", "momentum", momentum);
    assertNotNegative("SGD", "weightDecay", weightDecay);
    if (nesterov && momentum === 0) throw new RangeError("[SGD] nesterov needs a momentum > 0, got 0");
    if (nesterov) this.#form = "nesterov";
    else this.#form = momentum > 0 ? "heavyBall" : "none";
    const kinds = momentum > 0 ? { velocity: -Infinity } : {};
    this.#velocities = new ParameterState("SGD", this.#params, kinds, maxMomentumParameters);
  }

  /** Steps taken so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /**
   * Takes one step.
   *
   * @param grads        gradients by the names of the parameters
   * @param learningRate of this step, or a schedule by the count of steps before it; default that of the options
   * @throws ShapeError if a gradient has no parameter, another shape or another device; nothing is changed then
   * @throws RangeError if the rate of the step, or a parameter's share, is no finite number >= 0; nothing is changed then
   */
  step(grads: ReadonlyMap<string, Tensor>, learningRate = this.#options.learningRate): void {
    for (const [name, gradient] of grads) parameterOf("SGD", this.#params, name, gradient);
    const { momentum, weightDecay, decays, rateOf } = this.#options;
    assertRate("SGD", learningRate);
    const shares = sharesOf("SGD", this.#params, grads.keys(), rateOf);
    const decay = decaysOf(this.#params, grads.keys(), decays, weightDecay);
    const [first] = this.#params.values();
    const { device } = first as Tensor;
    using _parts = device.scope();
    let rate = 0;
    device.eachStep(
      () => {
        rate = rateAt("SGD", learningRate, this.#stepCount);
        this.#stepCount++;
      },
      { "learningRate of SGD": typeof learningRate === "function" ? 0 : learningRate },
    );
    for (const { members, kept } of this.#velocities.bundles) {
      const present = members.filter(({ name }) => grads.has(name));
      if (present.length === 0) continue;
      const { tensors, uniforms, groups } = sideBySide(present, grads);
      if (kept) Object.assign(tensors, { velocities: kept });
      Object.assign(uniforms, { momentum });
      for (const [i, { name, at }] of present.entries()) {
        const share = shares.get(name) as number;
        uniforms[`at${i}`] = at;
        uniforms[`rate${i}`] = () => rate * share;
        uniforms[`decay${i}`] = decay.get(name) as number;
      }
      run(updateMomentum({ count: present.length, form: this.#form }), tensors, uniforms, groups);
    }
  }

  /** Copies of the velocity of every parameter, as `velocity.<name>`, in the open scope; none without momentum. */
  state(): Map<string, Tensor> {
    return this.#velocities.copies();
  }

  /**
   * Goes on from a saved state, bit for bit.
   *
   * @param stepCount steps that led to it
   * @throws ShapeError if a name is missing, surplus, of another shape or short of values; nothing is written then
   * @throws RangeError if a value is not finite; nothing is written then
   */
  loadState(state: ReadonlyMap<string, HostTensor>, stepCount: number): void {
    assertStepCount("SGD", stepCount);
    this.#velocities.load(state);
    this.#stepCount = stepCount;
  }

  /** Frees the velocities. */
  dispose(): void {
    this.#velocities.dispose();
  }
}

/**
 * Takes one step in place: p = p − rate · g. A parameter without a gradient stays as it is.
 *
 * @param params       f32 tensors by name
 * @param grads        gradients by the same names
 * @param learningRate a function where a captured step takes another rate each time
 * @throws ShapeError if a gradient has no parameter, another shape or another device, or two names stand for one tensor;
 *                    nothing is changed then
 * @throws RangeError if the rate is no finite number >= 0; nothing is changed then
 */
export function sgdStep(
  params: ReadonlyMap<string, Tensor>,
  grads: ReadonlyMap<string, Tensor>,
  learningRate: number | (() => number),
): void {
  assertRate("sgdStep", learningRate);
  const moved = new Map<string, Tensor>();
  for (const [name, gradient] of grads) moved.set(name, parameterOf("sgdStep", params, name, gradient));
  assertApart("sgdStep", moved);
  const [first] = moved.values();
  if (!first) return;
  using _parts = first.device.scope();
  let rate = 0;
  if (typeof learningRate === "function") {
    first.device.eachStep(() => {
      rate = learningRate();
      assertNotNegative("sgdStep", "learningRate", rate);
    });
  }
  const parts = partsOf(moved, first.device.maxBindingBytes);
  for (let start = 0; start < parts.length; start += maxSgdParameters) {
    const together = parts.slice(start, start + maxSgdParameters);
    const { tensors, uniforms, groups } = sideBySide(together, grads);
    uniforms["learningRate"] = typeof learningRate === "function" ? () => rate : learningRate;
    run(updateSgd(together.length), tensors, uniforms, groups);
  }
}
