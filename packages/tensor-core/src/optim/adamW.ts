/** @file AdamW with clipping by the norm of all gradients. Loshchilov and Hutter 2017, arXiv:1711.05101. */

import { run } from "../autograd/defineOp.ts";
import type { HostTensor } from "../nn/module.ts";
import type { UniformValue } from "../kernel/command.ts";
import { copyElements } from "../tensor/copyElements.ts";
import { zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { fill } from "../tensor/fill.ts";
import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { finishNorm, maxGradients, maxParameters, sumSquares, updateAdamW } from "./adamW.wgsl.ts";
import {
  assertApart,
  elementsOf,
  type LearningRate,
  parameterOf,
  type ParameterPart,
  partsOf,
} from "./parameterParts.ts";

export interface AdamWOptions {
  readonly learningRate: LearningRate;
  /** Decay rates of the two moments; default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; default 1e-8. */
  readonly eps?: number;
  /** Share of a parameter, times the rate, that a step takes away; or see `decay`. Default 0.01. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this Euclidean norm over all of them; no limit by default. */
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

interface Member extends ParameterPart {
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
 * Parameters and moments change in place; nothing is read back. A parameter without a gradient stays as it is. A step
 * may be captured: the count of steps, and a learning rate that is a schedule, go on in every replay.
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
   * @throws ShapeError if there is no parameter, or two names stand for one tensor
   */
  constructor(params: ReadonlyMap<string, Tensor>, options: AdamWOptions) {
    const [first] = params.values();
    if (!first) throw new ShapeError("[AdamW] needs at least one parameter");
    first.device.assertNotRecording("AdamW");
    assertApart("AdamW", params);
    this.#params = new Map(params);
    this.#options = {
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.01,
      decay: "decoupled",
      maxGradNorm: noLimit,
      decays: (_, { rank }) => rank >= 2,
      rateOf: () => 1,
      ...options,
    };
    const { device } = first;
    const parts = partsOf(params, device.maxBindingBytes / 2); // the moments of a part are twice its size
    let groups = 0;
    for (const { size } of parts) groups += normGroups(size);
    [this.#bundles, this.lastGradNorm, this.#partials] = device.unscoped(() => [
      bundle(parts, device),
      zeros(device, []),
      zeros(device, [groups * finishNorm.workgroup]),
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
   * @throws ShapeError if a gradient has no parameter or another shape; nothing is changed then
   */
  step(grads: ReadonlyMap<string, Tensor>, learningRate = this.#options.learningRate): void {
    for (const [name, gradient] of grads) parameterOf("AdamW", this.#params, name, gradient);
    const { betas, eps, weightDecay, maxGradNorm, decays, rateOf } = this.#options;
    const coupled = this.#options.decay === "coupled";
    const { device } = this.lastGradNorm;
    using _parts = device.scope();
    let [rate, stepSize, rootScale] = [0, 0, 0];
    device.eachStep(
      () => {
        rate = typeof learningRate === "function" ? learningRate(this.#stepCount) : learningRate;
        const t = ++this.#stepCount;
        stepSize = rate / (1 - betas[0] ** t);
        rootScale = 1 / Math.sqrt(1 - betas[1] ** t);
      },
      { "learningRate of AdamW": typeof learningRate === "function" ? 0 : learningRate },
    );
    this.#measureNorm(grads);
    const shared = {
      maxNorm: Math.min(maxGradNorm, noLimit),
      keepFirst: betas[0],
      takeFirst: 1 - betas[0],
      keepSecond: betas[1],
      takeSecond: 1 - betas[1],
      rootScale: () => rootScale,
      eps,
    };
    for (const { members, moments } of this.#bundles) {
      const present = members.filter(({ name }) => grads.has(name));
      if (present.length === 0) continue;
      const kernel = updateAdamW({ count: present.length, coupled });
      const tensors: Record<string, Tensor> = { norm: this.lastGradNorm, moments };
      const uniforms: Record<string, UniformValue> = { ...shared };
      let groups = 0;
      for (const [i, member] of present.entries()) {
        const { name, parameter, quads, at } = member;
        const own = Math.ceil(quads / 64);
        groups += own;
        tensors[`gradient${i}`] = elementsOf(member, grads.get(name) as Tensor);
        tensors[`parameter${i}`] = elementsOf(member, parameter);
        uniforms[`quads${i}`] = quads;
        uniforms[`groups${i}`] = own;
        uniforms[`at${i}`] = at;
        const share = rateOf(name, parameter);
        const decay = decays(name, parameter) ? weightDecay : 0;
        uniforms[`keepParameter${i}`] = coupled || decay === 0 ? 1 : () => 1 - rate * share * decay;
        if (coupled) uniforms[`coupled${i}`] = decay;
        uniforms[`stepSize${i}`] = () => stepSize * share;
      }
      run(kernel, tensors, uniforms, groups);
    }
  }

  /** Copies of the two moments of every parameter, as `first.<name>` and `second.<name>`, in the open scope. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, { device, shape }] of this.#params) {
      for (const moment of ["first", "second"]) {
        const label = `[AdamW] ${moment}.${name}`;
        state.set(`${moment}.${name}`, Tensor.allocate(device, shape, "f32", label));
      }
    }
    for (const { members, moments } of this.#bundles) {
      for (const { name, start, size, quads, at } of members) {
        copyElements(moments, 4 * at, state.get(`first.${name}`) as Tensor, start, size);
        copyElements(moments, 4 * (at + quads), state.get(`second.${name}`) as Tensor, start, size);
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
      for (const { name, start, size, quads, at } of members) {
        const part = (moment: string) =>
          (state.get(`${moment}.${name}`) as HostTensor).data.subarray(start, start + size);
        values.set(part("first"), 4 * at);
        values.set(part("second"), 4 * (at + quads));
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

  #measureNorm(grads: ReadonlyMap<string, Tensor>): void {
    const { workgroup } = finishNorm;
    const { device } = this.lastGradNorm;
    const parts = partsOf(grads, device.maxBindingBytes);
    let first = 0;
    for (let start = 0; start < parts.length; start += maxGradients) {
      const together = parts.slice(start, start + maxGradients);
      const tensors: Record<string, Tensor> = { partials: this.#partials };
      const uniforms: Record<string, number> = { first };
      let groups = 0;
      for (const [i, part] of together.entries()) {
        const own = normGroups(part.size);
        groups += own;
        tensors[`gradient${i}`] = elementsOf(part, part.parameter);
        uniforms[`size${i}`] = part.size;
        uniforms[`groups${i}`] = own;
      }
      run(sumSquares(together.length), tensors, uniforms, groups);
      first += groups * workgroup;
    }
    run(finishNorm, { partials: this.#partials, norm: this.lastGradNorm }, { quads: first / 4 }, 1);
  }
}

function normGroups(size: number): number {
  return Math.max(
    1,
    Math.min(maxNormGroups, Math.ceil(size / (4 * finishNorm.workgroup * quadsPerInvocation))),
  );
}

/** Parts in their order by threes, with moments of zero; fewer where a device could not bind the moments at once. */
function bundle(parts: readonly ParameterPart[], device: Device): Bundle[] {
  const bundles: Bundle[] = [];
  let members: Member[] = [];
  let end = 0;
  const close = () => {
    if (members.length > 0) {
      const moments = Tensor.allocate(device, [4 * end], "f32", "[AdamW] moments");
      bundles.push({ members, moments: fill(moments, 0) });
    }
    members = [];
    end = 0;
  };
  for (const part of parts) {
    const quads = Math.ceil(part.size / 4);
    if (members.length === maxParameters || 16 * (end + 2 * quads) > device.maxBindingBytes) close();
    members.push({ ...part, quads, at: end });
    end += 2 * quads;
  }
  close();
  return bundles;
}
