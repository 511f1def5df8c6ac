/** @file AdamW with clipping by the norm of all gradients. Loshchilov and Hutter 2017, arXiv:1711.05101. */

import { run } from "../autograd/defineOp.ts";
import type { HostTensor } from "../nn/module.ts";
import { zeros } from "../tensor/create.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maxParameters, updateAdamW } from "./adamW.wgsl.ts";
import { measureNorm, partialsOf } from "./gradNorm.ts";
import { limitOf } from "./gradNorm.wgsl.ts";
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

export interface AdamWOptions {
  readonly learningRate: LearningRate;
  /** Decay rates of the two moments; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; default 1e-8. */
  readonly eps?: number;
  /** Share of a parameter, times the rate, that a step takes away; or see `decay`. Default 0.01. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this Euclidean norm over all of them, as by `clipGradNorm`; no limit by default. */
  readonly maxGradNorm?: number;
  /**
   * "decoupled" takes away a share of the parameter; "coupled" adds `weightDecay` times the parameter to its gradient after
   * clipping, as L2 regularisation and PyTorch's `Adam` do, so that the moments see it. Default "decoupled".
   */
  readonly decay?: "decoupled" | "coupled";
  /** Which parameters decay; default those with two axes or more, which leaves out biases and norms. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
  /** A parameter's share of the learning rate, for groups that learn faster or slower; default 1. */
  readonly rateOf?: (name: string, parameter: Tensor) => number;
}

/**
 * The optimiser AdamW, algorithm 2 of the paper: for step t and gradient g, scaled by min(1, maxGradNorm / |g|),
 *
 *     m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²
 *     p = (1 − rate · decay) p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
 *
 * Parameters and moments change in place; nothing is read back. A parameter without a gradient stays as it is. A step
 * may be captured: the count of steps, and a learning rate that is a schedule, go on in every replay.
 *
 * The optimiser counts steps, where PyTorch counts those of each parameter. It is the same where all have gradients in each
 * step; a parameter whose first gradient comes late moves by up to (1 − β₁) / √(1 − β₂) rates then, 3.2 by default, not one.
 */
export class AdamW {
  /** The norm of all gradients of the last step, before clipping; [] f32. */
  readonly lastGradNorm: Tensor;
  readonly #params: ReadonlyMap<string, Tensor>;
  readonly #moments: ParameterState;
  readonly #partials: Tensor;
  readonly #options: Required<AdamWOptions>;
  #stepCount = 0;

  /**
   * @param params f32 tensors by name; they must outlive the optimiser
   * @throws ShapeError if there is no parameter, two names stand for one tensor, or parameters live on two devices
   * @throws RangeError if a number of the options is none that an optimiser can use
   */
  constructor(params: ReadonlyMap<string, Tensor>, options: AdamWOptions) {
    const [first] = params.values();
    if (!first) throw new ShapeError("[AdamW] needs at least one parameter");
    const { device } = first;
    device.assertNotRecording("AdamW");
    assertApart("AdamW", params);
    this.#params = new Map(params);
    this.#options = {
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.01,
      decay: "decoupled",
      maxGradNorm: Infinity,
      decays: (_, { rank }) => rank >= 2,
      rateOf: () => 1,
      ...given(options),
    };
    assertOptions(this.#options);
    this.#moments = new ParameterState("AdamW", this.#params, { first: -Infinity, second: 0 }, maxParameters);
    // The moments of a part are bound at once, so that a gradient has parts of half a binding at most.
    const partials = partialsOf(partsOf(params, device.maxBindingBytes / 2));
    [this.lastGradNorm, this.#partials] = device.unscoped(() => [
      zeros(device, []),
      zeros(device, [partials]),
    ]);
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
    for (const [name, gradient] of grads) parameterOf("AdamW", this.#params, name, gradient);
    const { betas, eps, weightDecay, maxGradNorm, decays, rateOf } = this.#options;
    assertRate("AdamW", learningRate);
    const shares = sharesOf("AdamW", this.#params, grads.keys(), rateOf);
    const decay = decaysOf(this.#params, grads.keys(), decays, weightDecay);
    const coupled = this.#options.decay === "coupled";
    const { device } = this.lastGradNorm;
    using _parts = device.scope();
    let [rate, stepSize, rootScale] = [0, 0, 0];
    device.eachStep(
      () => {
        rate = rateAt("AdamW", learningRate, this.#stepCount);
        const t = ++this.#stepCount;
        stepSize = rate / (1 - betas[0] ** t);
        rootScale = 1 / Math.sqrt(1 - betas[1] ** t);
      },
      { "learningRate of AdamW": typeof learningRate === "function" ? 0 : learningRate },
    );
    measureNorm(grads, this.#partials, this.lastGradNorm);
    const shared = {
      ...limitOf(maxGradNorm),
      keepFirst: betas[0],
      takeFirst: 1 - betas[0],
      keepSecond: betas[1],
      takeSecond: 1 - betas[1],
      rootScale: () => rootScale,
      eps,
    };
    for (const { members, kept } of this.#moments.bundles) {
      const present = members.filter(({ name }) => grads.has(name));
      if (present.length === 0) continue;
      const { tensors, uniforms, groups } = sideBySide(present, grads);
      Object.assign(tensors, { norm: this.lastGradNorm, moments: kept });
      Object.assign(uniforms, shared);
      for (const [i, { name, at }] of present.entries()) {
        const share = shares.get(name) as number;
        const lost = decay.get(name) as number;
        uniforms[`at${i}`] = at;
        uniforms[`keepParameter${i}`] = coupled || lost === 0 ? 1 : () => 1 - rate * share * lost;
        if (coupled) uniforms[`coupled${i}`] = lost;
        uniforms[`stepSize${i}`] = () => stepSize * share;
      }
      run(updateAdamW({ count: present.length, coupled }), tensors, uniforms, groups);
    }
  }

  /** Copies of the two moments of every parameter, as `first.<name>` and `second.<name>`, in the open scope. */
  state(): Map<string, Tensor> {
    return this.#moments.copies();
  }

  /**
   * Goes on from a saved state, bit for bit.
   *
   * @param stepCount steps that led to it
   * @throws ShapeError if a name is missing, surplus, of another shape or short of values; nothing is written then
   * @throws RangeError if a value is not finite, or a second moment less than 0; nothing is written then
   */
  loadState(state: ReadonlyMap<string, HostTensor>, stepCount: number): void {
    assertStepCount("AdamW", stepCount);
    this.#moments.load(state);
    this.#stepCount = stepCount;
  }

  /** Frees the moments. */
  dispose(): void {
    this.#moments.dispose();
    this.lastGradNorm.dispose();
    this.#partials.dispose();
  }
}

function assertOptions({ learningRate, betas, eps, weightDecay, maxGradNorm }: Required<AdamWOptions>): void {
  assertRate("AdamW", learningRate);
  for (const i of [0, 1] as const) assertBelowOne("AdamW", `betas[${i}]`, betas[i]);
  assertNotNegative("AdamW", "eps", eps);
  assertNotNegative("AdamW", "weightDecay", weightDecay);
  if (!(maxGradNorm >= 0)) {
    throw new RangeError(`[AdamW] maxGradNorm must be a number >= 0, got ${maxGradNorm}`);
  }
}
