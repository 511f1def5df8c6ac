/** @file LoRA: a low-rank change beside frozen weights. Hu et al. 2021, arXiv:2106.09685. */

import {
  add,
  type Device,
  Dropout,
  freeze,
  gelu,
  Linear,
  matmul,
  type MatmulEpilogue,
  Module,
  mul,
  namePattern,
  type Random,
  silu,
  type Tensor,
  uniform,
  unfreeze,
  zeros,
} from "@candor/tensor-core";
import { ConfigError } from "../configError.ts";

export interface LoraOptions {
  /** r, the rank of the change. */
  readonly rank: number;
  /** α; the change is scaled by α / r. */
  readonly alpha: number;
  /** Share of a layer's inputs that the change does not see while training; default 0. */
  readonly dropout?: number;
  /**
   * Names of the linear maps to adapt, as `layers.0.attention.query`; `*` in a string stands for any characters, as in
   * `lm.layers.*.attention.query`.
   */
  readonly targets: readonly (RegExp | string)[];
  readonly random: Random;
}

/** Sizes of a low-rank change. */
export interface LoraSizes {
  readonly rank: number;
  /** α / r */
  readonly scale: number;
  readonly dropout?: number;
}

/**
 * y = x Wᵀ + b + (α / r) (x Aᵀ) Bᵀ, in the place of a linear map, whose parameters it takes under their names. B is zero at
 * first, so that nothing changes.
 */
export class LoraLinear extends Module {
  /** [outputs, inputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias?: Tensor;
  /** A, [r, inputs] f32 */
  readonly loraA: Tensor;
  /** B, [outputs, r] f32 */
  readonly loraB: Tensor;
  /** α / r */
  readonly scale: number;
  readonly dropout?: Dropout;
  /** Whether the weight holds the change already; set by `mergeLora`. */
  merged = false;

  constructor({ weight, bias }: Linear, { rank, scale, dropout = 0 }: LoraSizes, random: Random) {
    super();
    const [outputs = 0, inputs = 0] = weight.shape;
    const device: Device = weight.device;
    this.weight = weight;
    if (bias) this.bias = bias;
    // As PEFT does: Kaiming's bound for the slope √5.
    this.loraA = uniform(device, [rank, inputs], random.fork("loraA"), 1 / Math.sqrt(inputs));
    this.loraB = zeros(device, [outputs, rank]);
    this.scale = scale;
    if (dropout > 0) this.dropout = new Dropout(dropout, random.fork("dropout"));
  }

  /**
   * As `Linear.forward`.
   *
   * @param x        [..., inputs] f32
   * @param epilogue gate and residual are [..., outputs] f32
   * @returns [..., outputs] f32
   */
  forward(x: Tensor, epilogue: MatmulEpilogue = {}): Tensor {
    const { weight, bias, scale } = this;
    if (this.merged) return matmul(x, weight, { transposeB: true, bias, ...epilogue });
    const { activation = "none", gate, residual } = epilogue;
    const plain = activation === "none" && gate === undefined;
    const low = matmul(this.dropout?.forward(x) ?? x, this.loraA, { transposeB: true }); // [..., r]
    const change = matmul(low, this.loraB, {
      transposeB: true,
      scale,
      residual: plain ? residual : undefined,
    }); // [..., outputs]
    const y = matmul(x, weight, { transposeB: true, bias, residual: change });
    if (plain) return y;
    const activated = activation === "none" ? y : activation === "gelu" ? gelu(y) : silu(y);
    const gated = gate ? mul(activated, gate) : activated;
    return residual ? add(gated, residual) : gated;
  }
}

/**
 * Puts low-rank changes beside the linear maps that patterns name, in any model, and freezes all other parameters.
 *
 * The new parameters, `<name>.loraA` and `<name>.loraB`, belong to the open scope. Unfreeze what else should train, such as
 * a connector, afterwards.
 *
 * @returns names of the maps that were adapted
 * @throws ConfigError if the rank or α is not positive, a pattern names no linear map, or one is adapted already
 */
export function applyLora(model: Module, options: LoraOptions): string[] {
  const { rank, alpha, targets, dropout = 0, random } = options;
  if (!Number.isInteger(rank) || rank < 1) {
    throw new ConfigError(`[lora] rank must be a whole number of at least 1, got ${rank}`);
  }
  if (!(alpha > 0)) throw new ConfigError(`[lora] alpha must be greater than 0, got ${alpha}`);
  const places = linearPlaces(model);
  const chosen = new Set<string>();
  for (const target of targets) {
    const pattern = namePattern(target);
    const found = [...places.keys()].filter((name) => name.search(pattern) !== -1);
    if (found.length === 0) throw new ConfigError(`[lora] no linear map has a name like ${target}`);
    for (const name of found) chosen.add(name);
  }
  const names = [...places.keys()].filter((name) => chosen.has(name));
  if (names.length === 0) throw new ConfigError("[lora] targets must name at least one linear map");
  attachLora(model, names, { rank, scale: alpha / rank, dropout }, random);
  return names;
}

/** @internal Adapts exactly these maps. */
export function attachLora(model: Module, names: readonly string[], sizes: LoraSizes, random: Random): void {
  const places = linearPlaces(model);
  for (const name of names) {
    const place = places.get(name);
    if (!place) throw new ConfigError(`[lora] ${name} is no linear map, or is adapted already`);
    const { owner, key, linear } = place;
    Reflect.set(owner, key, new LoraLinear(linear, sizes, random.fork(name)));
  }
  freeze(model, /^/);
  unfreeze(model, loraNames);
}

/** Names of the parameters that LoRA adds. */
export const loraNames = /(^|\.)lora[AB]$/;

/** The adapted maps by name. */
export function loraParts(model: Module): Map<string, LoraLinear> {
  const found = new Map<string, LoraLinear>();
  for (const { name, part } of partsOf(model)) if (part instanceof LoraLinear) found.set(name, part);
  return found;
}

interface Place {
  readonly owner: object;
  readonly key: string;
  readonly linear: Linear;
}

function linearPlaces(model: Module): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const { name, owner, key, part } of partsOf(model)) {
    if (part instanceof Linear) found.set(name, { owner, key, linear: part });
  }
  return found;
}

/** Every part of a model with its name and the object that holds it. */
function* partsOf(
  owner: Module,
  prefix = "",
): Generator<{ name: string; owner: object; key: string; part: Module }> {
  function* visit(holder: object, path: string): ReturnType<typeof partsOf> {
    for (const [key, value] of Object.entries(holder) as [string, unknown][]) {
      const name = path + key;
      if (value instanceof Module) {
        yield { name, owner: holder, key, part: value };
        yield* partsOf(value, `${name}.`);
      } else if (Array.isArray(value)) yield* visit(value, `${name}.`);
    }
  }
  yield* visit(owner, prefix);
}
