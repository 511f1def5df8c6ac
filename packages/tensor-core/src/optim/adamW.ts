/** @file AdamW with clipping by the norm of all gradients. Loshchilov and Hutter 2017, arXiv:1711.05101. */

import { run } from "../autograd/defineOp.ts";
import type { HostTensor } from "../nn/module.ts";
import { slice } from "../ops/layout/slice.ts";
import { reshape } from "../ops/layout/reshape.ts";
import { noGrad } from "../autograd/tape.ts";
import { zeros } from "../tensor/create.ts";
import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { finishNorm, maxGradients, maxParameters, sumSquares, updateAdamW } from "./adamW.wgsl.ts";
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
/** Workgroups that share the norm of one tensor, at most, and quads that an invocation of fewer takes. */
const maxNormGroups = 64;
const quadsPerInvocation = 32;

/** Parameters that one dispatch updates, with their moments in one tensor. */
interface Bundle {
  readonly members: readonly Member[];
  /** First and second moments of the first member, of the next, and so on; each padded to a quad. */
  readonly moments: Tensor;
}

interface Member {
  readonly name: string;
  readonly parameter: Tensor;
  readonly quads: number;
  /** The quad of `moments` where its own begin. */
  readonly at: number;
}

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
  readonly #bundles: readonly Bundle[];
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
    const { workgroup } = finishNorm;
    let groups = 0;
    for (const parameter of params.values()) groups += normGroups(parameter);
    [this.#bundles, this.lastGradNorm, this.#partials] = device.unscoped(() => [
      bundle(params),
      zeros(device, []),
      zeros(device, [groups * workgroup]),
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
   * @param learningRate of this step; default that of the options
   * @throws ShapeError if a gradient has no parameter or another shape; nothing is changed then
   */
  step(grads: ReadonlyMap<string, Tensor>, learningRate = this.#options.learningRate): void {
    for (const [name, gradient] of grads) parameterOf("AdamW", this.#params, name, gradient);
    const { betas, eps, weightDecay, maxGradNorm, decays } = this.#options;
    const t = ++this.#stepCount;
    this.#measureNorm([...grads.values()]);
    const shared = {
      maxNorm: Math.min(maxGradNorm, noLimit),
      keepFirst: betas[0],
      takeFirst: 1 - betas[0],
      keepSecond: betas[1],
      takeSecond: 1 - betas[1],
      stepSize: learningRate / (1 - betas[0] ** t),
      rootScale: 1 / Math.sqrt(1 - betas[1] ** t),
      eps,
    };
    for (const { members, moments } of this.#bundles) {
      const present = members.filter(({ name }) => grads.has(name));
      if (present.length === 0) continue;
      const kernel = updateAdamW(present.length);
      const tensors: Record<string, Tensor> = { norm: this.lastGradNorm, moments };
      const uniforms: Record<string, number> = { ...shared };
      let groups = 0;
      for (const [i, { name, parameter, quads, at }] of present.entries()) {
        const own = Math.ceil(quads / 64);
        groups += own;
        tensors[`gradient${i}`] = grads.get(name) as Tensor;
        tensors[`parameter${i}`] = parameter;
        uniforms[`quads${i}`] = quads;
        uniforms[`groups${i}`] = own;
        uniforms[`at${i}`] = at;
        uniforms[`keepParameter${i}`] = decays(name, parameter) ? 1 - learningRate * weightDecay : 1;
      }
      run(kernel, tensors, uniforms, groups);
    }
  }

  /** Copies of the two moments of every parameter, as `first.<name>` and `second.<name>`, in the open scope. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const { members, moments } of this.#bundles) {
      for (const { name, parameter, quads, at } of members) {
        state.set(`first.${name}`, copyOf(moments, at, parameter));
        state.set(`second.${name}`, copyOf(moments, at + quads, parameter));
      }
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
    if (!Number.isInteger(stepCount) || stepCount < 0) {
      throw new ShapeError(`[AdamW] stepCount must be a whole number >= 0, got ${stepCount}`);
    }
    const names = new Set<string>();
    for (const [parameter, { shape }] of this.#params) {
      for (const name of [`first.${parameter}`, `second.${parameter}`]) {
        const value = state.get(name);
        if (!value) throw new ShapeError(`[AdamW] the state has no ${name}`);
        if (!sameShape(value.shape, shape)) {
          throw new ShapeError(`[AdamW] ${name} must be ${showShape(shape)}, got ${showShape(value.shape)}`);
        }
        names.add(name);
      }
    }
    const surplus = [...state.keys()].find((name) => !names.has(name));
    if (surplus !== undefined)
      throw new ShapeError(`[AdamW] no parameter belongs to ${surplus} of the state`);
    for (const { members, moments } of this.#bundles) {
      const values = new Float32Array(moments.size);
      for (const { name, quads, at } of members) {
        values.set((state.get(`first.${name}`) as HostTensor).data, 4 * at);
        values.set((state.get(`second.${name}`) as HostTensor).data, 4 * (at + quads));
      }
      moments.write(values);
    }
    this.#stepCount = stepCount;
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { moments } of this.#bundles) moments.dispose();
    this.lastGradNorm.dispose();
    this.#partials.dispose();
  }

  #measureNorm(gradients: readonly Tensor[]): void {
    const { workgroup } = finishNorm;
    let first = 0;
    for (let start = 0; start < gradients.length; start += maxGradients) {
      const part = gradients.slice(start, start + maxGradients);
      const tensors: Record<string, Tensor> = { partials: this.#partials };
      const uniforms: Record<string, number> = { first };
      let groups = 0;
      for (const [i, gradient] of part.entries()) {
        const own = normGroups(gradient);
        groups += own;
        tensors[`gradient${i}`] = gradient;
        uniforms[`size${i}`] = gradient.size;
        uniforms[`groups${i}`] = own;
      }
      run(sumSquares(part.length), tensors, uniforms, groups);
      first += groups * workgroup;
    }
    run(finishNorm, { partials: this.#partials, norm: this.lastGradNorm }, { quads: first / 4 }, 1);
  }
}

function normGroups({ size }: Tensor): number {
  return Math.max(
    1,
    Math.min(maxNormGroups, Math.ceil(size / (4 * finishNorm.workgroup * quadsPerInvocation))),
  );
}

/** Parameters in their order by threes, with moments of zero; fewer where a device could not bind the moments at once. */
function bundle(params: ReadonlyMap<string, Tensor>): Bundle[] {
  const bundles: Bundle[] = [];
  let members: Member[] = [];
  let end = 0;
  const close = () => {
    const [first] = members;
    if (first) bundles.push({ members, moments: zeros(first.parameter.device, [4 * end]) });
    members = [];
    end = 0;
  };
  for (const [name, parameter] of params) {
    const quads = Math.ceil(parameter.size / 4);
    const limit = parameter.device.gpu.limits.maxStorageBufferBindingSize;
    if (members.length === maxParameters || 16 * (end + 2 * quads) > limit) close();
    members.push({ name, parameter, quads, at: end });
    end += 2 * quads;
  }
  close();
  return bundles;
}

function copyOf(moments: Tensor, at: number, { shape, size }: Tensor): Tensor {
  return noGrad(() => {
    const flat = slice(moments, 0, 4 * at, 4 * at + size);
    const copy = reshape(flat, shape);
    flat.dispose();
    return copy;
  });
}
