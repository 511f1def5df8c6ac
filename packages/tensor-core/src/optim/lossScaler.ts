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
  /** Default 65,536. */
  readonly initialScale?: number;
  /** Multiplies the scale after `growthInterval` good steps in a row; default 2. */
  readonly growthFactor?: number;
  /** Multiplies the scale after a step that overflowed; default 0.5. */
  readonly backoffFactor?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

/** What a run must save of a scaler. */
export interface LossScalerState {
  readonly scale: number;
  readonly goodSteps: number;
}

/**
 * Keeps gradients in the range of f16: the loss is multiplied by a scale, gradients are divided by it, and a step whose
 * gradients are not finite is skipped.
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

  /** @throws RangeError if a factor or the scale is not positive */
  constructor(device: Device, options: LossScalerOptions = {}) {
    const { initialScale = 65_536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    for (const [name, value] of Object.entries({
      initialScale,
      growthFactor,
      backoffFactor,
      growthInterval,
    })) {
      assertPositive(name, value);
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
    else if (this.#goodSteps === growthInterval) {
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
   * @throws RangeError if the scale is not positive, or the steps are no count; nothing is changed then
   */
  loadState({ scale, goodSteps }: LossScalerState): void {
    assertPositive("scale", scale);
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
    this.#value = scale;
    this.#scale.write([scale]);
  }
}

function assertPositive(name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new RangeError(`[LossScaler] ${name} must be a number > 0, got ${value}`);
  }
}
