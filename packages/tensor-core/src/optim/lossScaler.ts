/** @file Dynamic loss scaling. Micikevicius et al. 2017, "Mixed precision training", arXiv:1710.03740, section 3.2. */

import { run } from "../autograd/defineOp.ts";
import { mul } from "../ops/elementwise/binary.ts";
import { cast } from "../ops/layout/cast.ts";
import { full, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { fill } from "../tensor/fill.ts";
import { recordByElements } from "../tensor/run.ts";
import { Tensor } from "../tensor/tensor.ts";
import { unscaleKernel } from "./lossScaler.wgsl.ts";

export interface LossScalerOptions {
  /** 2^-126 to 2^126; default 65,536. */
  readonly initialScale?: number;
  /** Multiplies the scale after `growthInterval` good steps in a row; default 2. */
  readonly growthFactor?: number;
  /** Multiplies the scale after a step that overflowed; default 0.5. */
  readonly backoffFactor?: number;
  /** A whole number; default 2000. */
  readonly growthInterval?: number;
}

/** What a run must save of a scaler. */
export interface LossScalerState {
  readonly scale: number;
  readonly goodSteps: number;
}

/**
 * Keeps gradients in the range of f16: the loss is multiplied by a scale, gradients are divided by it, and a step whose
 * gradients are not finite, before it or after, is skipped. The scale stays between 2^-126 and 2^126, by which f32 divides.
 *
 *     const { grads } = valueAndGrad(() => scaler.scaleLoss(loss()), params);
 *     const unscaled = scaler.unscale(grads);
 *     if (await scaler.update()) optimizer.step(unscaled);
 */
export class LossScaler {
  readonly options: Required<LossScalerOptions>;
  readonly #scale: Tensor;
  readonly #overflow: Tensor;
  #value: number;
  #goodSteps = 0;

  /** @throws RangeError if a factor is not positive, the interval no count, or the scale out of its range */
  constructor(device: Device, options: LossScalerOptions = {}) {
    const { initialScale = 65_536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    device.assertNotRecording("LossScaler");
    assertScale("initialScale", initialScale);
    assertPositive("growthFactor", growthFactor);
    assertPositive("backoffFactor", backoffFactor);
    if (!Number.isInteger(growthInterval) || growthInterval < 1) {
      throw new RangeError(`[LossScaler] growthInterval must be a whole number >= 1, got ${growthInterval}`);
    }
    this.options = { initialScale, growthFactor, backoffFactor, growthInterval };
    this.#value = initialScale;
    [this.#scale, this.#overflow] = device.unscoped(() => [
      full(device, [], initialScale),
      zeros(device, [1], "u32"),
    ]);
  }

  /** The scale of the next step. */
  get scale(): number {
    return this.#value;
  }

  /** loss · scale, in f32; the scale is read by the device, so that a captured step sees its changes. */
  scaleLoss(loss: Tensor): Tensor {
    return mul(cast(loss, "f32"), this.#scale);
  }

  /**
   * The gradients of the loss itself, in f32, and a note on the device if one of them is not finite.
   *
   * @throws ShapeError if one lives on another device
   */
  unscale(grads: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    fill(this.#overflow, 0);
    const unscaled = new Map<string, Tensor>();
    for (const [name, scaled] of grads) {
      const g = cast(scaled, "f32");
      const y = Tensor.allocate(g.device, g.shape, "f32", `[LossScaler] the gradient of ${name}`);
      recordByElements({ g, y }, (part) => {
        const tensors = { ...part, scale: this.#scale, overflow: this.#overflow };
        const { size } = part.g;
        run(unscaleKernel, tensors, { count: size }, Math.ceil(size / 4 / unscaleKernel.workgroup));
      });
      unscaled.set(name, y);
    }
    return unscaled;
  }

  /**
   * Reads whether the gradients last unscaled are finite, and moves the scale.
   *
   * @returns true if the step may be taken
   */
  async update(): Promise<boolean> {
    const finite = (await this.#overflow.item()) === 0;
    const { growthFactor, backoffFactor, growthInterval } = this.options;
    this.#goodSteps = finite ? this.#goodSteps + 1 : 0;
    if (!finite) this.#set(this.#value * backoffFactor);
    else if (this.#goodSteps >= growthInterval) {
      this.#goodSteps = 0;
      this.#set(this.#value * growthFactor);
    }
    return finite;
  }

  /** What {@link loadState} takes. */
  state(): LossScalerState {
    return { scale: this.#value, goodSteps: this.#goodSteps };
  }

  /**
   * Goes on where a run stopped.
   *
   * @throws RangeError if the scale is out of its range, or the steps are no count; nothing is changed then
   */
  loadState({ scale, goodSteps }: LossScalerState): void {
    assertScale("scale", scale);
    if (!Number.isInteger(goodSteps) || goodSteps < 0) {
      throw new RangeError(`[LossScaler] goodSteps must be a whole number >= 0, got ${goodSteps}`);
    }
    this.#goodSteps = goodSteps;
    this.#set(scale);
  }

  /** Frees the scaler's memory. */
  dispose(): void {
    this.#scale.dispose();
    this.#overflow.dispose();
  }

  #set(scale: number): void {
    this.#value = Math.min(Math.max(scale, smallest), largest);
    this.#scale.write([this.#value]);
  }
}

// WGSL divides by what lies between, and may not by what lies beyond.
const [smallest, largest] = [2 ** -126, 2 ** 126];

function assertScale(name: string, value: number): void {
  assertPositive(name, value);
  if (value < smallest || value > largest) {
    throw new RangeError(`[LossScaler] ${name} must be 2^-126 to 2^126, got ${value}`);
  }
}

function assertPositive(name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new RangeError(`[LossScaler] ${name} must be a number > 0, got ${value}`);
  }
}
