/** @file AdamW with clipping by the norm of all gradients. Loshchilov and Hutter 2017, arXiv:1711.05101. */

import { run } from "../autograd/defineOp.ts";
import type { HostTensor } from "../nn/module.ts";
import { zeros } from "../tensor/create.ts";
import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { finishNorm, sumSquares, updateAdamW } from "./adamW.wgsl.ts";
import { parameterOf } from "./parameterOf.ts";

export interface AdamWOptions {
  readonly learningRate: number;
  /** Decay rates of the two moments; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; default 1e-8. */
  readonly eps?: number;
  /** Share of a parameter, times the rate, that a step takes away; default 0.01. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this Euclidean norm over all of them; no limit by default. */
  readonly maxGradNorm?: number;
  /** Which parameters decay; default those with two axes or more, which leaves out biases and norms. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
}

/** The largest finite f32: no norm is over it. */
const noLimit = 3.402823e38;
/** Workgroups that share the norm of one tensor, at most; each takes 64 quads at a time. */
const maxNormGroups = 64;

/**
 * The optimiser AdamW, algorithm 2 of the paper: for step t and gradient g, scaled by min(1, maxGradNorm / |g|),
 *
 *     m = β₁ m + (1 − β₁) g,   v = β₂ v + (1 − β₂) g²
 *     p = (1 − rate · decay) p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
 *
 * Parameters and moments change in place; nothing is read back. A parameter without a gradient stays as it is.
 */
export class AdamW {
  /** The norm of all gradients of the last step, before clipping; [] f32. */
  readonly lastGradNorm: Tensor;
  readonly #params: ReadonlyMap<string, Tensor>;
  readonly #moments = new Map<string, { first: Tensor; second: Tensor }>();
  readonly #partials: Tensor;
  readonly #options: Required<AdamWOptions>;
  #stepCount = 0;

  /**
   * @param params f32 tensors by name; they must outlive the optimiser
   * @throws ShapeError if there is no parameter
   */
  constructor(params: ReadonlyMap<string, Tensor>, options: AdamWOptions) {
    const [first] = params.values();
    if (!first) throw new ShapeError("[AdamW] needs at least one parameter");
    this.#params = new Map(params);
    this.#options = {
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.01,
      maxGradNorm: noLimit,
      decays: (_, { rank }) => rank >= 2,
      ...options,
    };
    const { device } = first;
    let groups = 0;
    for (const parameter of params.values()) groups += normGroups(parameter);
    [this.lastGradNorm, this.#partials] = device.unscoped(() => {
      for (const [name, { shape }] of params) {
        this.#moments.set(name, { first: zeros(device, shape), second: zeros(device, shape) });
      }
      return [zeros(device, []), zeros(device, [groups])];
    });
  }

  /** Steps taken so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /**
   * Takes one step.
   *
   * @param grads        gradients by the names of the parameters
   * @param learningRate of this step; default that of the options
   * @throws ShapeError if a gradient has no parameter or another shape; nothing is changed then
   */
  step(grads: ReadonlyMap<string, Tensor>, learningRate = this.#options.learningRate): void {
    for (const [name, gradient] of grads) parameterOf("AdamW", this.#params, name, gradient);
    const { betas, eps, weightDecay, maxGradNorm, decays } = this.#options;
    const t = ++this.#stepCount;
    this.#measureNorm(grads);
    for (const [name, gradient] of grads) {
      const parameter = this.#params.get(name) as Tensor;
      const { first, second } = this.#moments.get(name) as { first: Tensor; second: Tensor };
      const quads = Math.ceil(parameter.size / 4);
      run(
        updateAdamW,
        { gradient, norm: this.lastGradNorm, parameter, first, second },
        {
          quads,
          maxNorm: Math.min(maxGradNorm, noLimit),
          keepFirst: betas[0],
          takeFirst: 1 - betas[0],
          keepSecond: betas[1],
          takeSecond: 1 - betas[1],
          keepParameter: decays(name, parameter) ? 1 - learningRate * weightDecay : 1,
          stepSize: learningRate / (1 - betas[0] ** t),
          rootScale: 1 / Math.sqrt(1 - betas[1] ** t),
          eps,
        },
        Math.ceil(quads / updateAdamW.workgroup),
      );
    }
  }

  /** The two moments of every parameter, as `first.<name>` and `second.<name>`; not copies. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, { first, second }] of this.#moments) {
      state.set(`first.${name}`, first);
      state.set(`second.${name}`, second);
    }
    return state;
  }

  /**
   * Goes on from a saved state, bit for bit.
   *
   * @param stepCount steps that led to it
   * @throws ShapeError if a name is missing, surplus or of another shape; nothing is written then
   */
  loadState(state: ReadonlyMap<string, HostTensor>, stepCount: number): void {
    const own = this.state();
    if (!Number.isInteger(stepCount) || stepCount < 0) {
      throw new ShapeError(`[AdamW] stepCount must be a whole number >= 0, got ${stepCount}`);
    }
    for (const [name, moment] of own) {
      const value = state.get(name);
      if (!value) throw new ShapeError(`[AdamW] the state has no ${name}`);
      if (!sameShape(value.shape, moment.shape)) {
        throw new ShapeError(
          `[AdamW] ${name} must be ${showShape(moment.shape)}, got ${showShape(value.shape)}`,
        );
      }
    }
    const surplus = [...state.keys()].find((name) => !own.has(name));
    if (surplus !== undefined)
      throw new ShapeError(`[AdamW] no parameter belongs to ${surplus} of the state`);
    for (const [name, moment] of own) moment.write((state.get(name) as HostTensor).data);
    this.#stepCount = stepCount;
  }

  /** Frees the moments. */
  dispose(): void {
    for (const moment of this.state().values()) moment.dispose();
    this.lastGradNorm.dispose();
    this.#partials.dispose();
  }

  #measureNorm(grads: ReadonlyMap<string, Tensor>): void {
    let count = 0;
    for (const gradient of grads.values()) {
      const groups = normGroups(gradient);
      run(
        sumSquares,
        { gradient, partials: this.#partials },
        { size: gradient.size, groups, first: count },
        groups,
      );
      count += groups;
    }
    run(finishNorm, { partials: this.#partials, norm: this.lastGradNorm }, { count }, 1);
  }
}

function normGroups({ size }: Tensor): number {
  return Math.max(1, Math.min(maxNormGroups, Math.ceil(size / (4 * sumSquares.workgroup * 4))));
}
