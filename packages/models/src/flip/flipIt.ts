/** @file FLIP-IT: an image is as live as it is close to texts that say so. */

import {
  concat,
  type Device,
  mean,
  Module,
  normalize,
  type Random,
  reshape,
  slice,
  tensor,
  type Tensor,
} from "@candor/tensor-core";
import type { PretrainedParts } from "../antispoof/ifas.ts";
import type { Judge } from "../antispoof/judge.ts";
import { Clip } from "../clip/clip.ts";
import type { FlipItConfig, FlipMclConfig } from "./flipConfig.ts";

// B batch, S image side, P prompts of a class, T tokens, E width of the shared space

/**
 * Scaled cosines of the image and of each class's text, which is the mean over its prompts. All of CLIP is trained, and
 * the texts are embedded anew in every step. FLIP, arXiv:2309.16649, section 3.2.
 */
export class FlipIt<C extends FlipItConfig | FlipMclConfig = FlipItConfig> extends Module implements Judge {
  readonly config: C;
  readonly clip: Clip;
  readonly #device: Device;

  constructor(device: Device, config: C, random: Random, parts: PretrainedParts = {}) {
    super();
    this.#device = device;
    this.config = config;
    this.clip = parts.clip ?? new Clip(device, config.clip, random.fork("clip"));
  }

  /**
   * @param images [B, 3, S, S] f32, normalised by ImageNet's statistics, as published
   * @returns [B, 2] f32, the logits of live and of spoof; the published code has them the other way round
   */
  judgmentLogits(images: Tensor): Tensor {
    return this.clip.logits(this.clip.embedImages(images), this.classTexts(this.embedPrompts()));
  }

  /**
   * Every prompt in the shared space, before it is brought to length 1.
   *
   * @returns [2 P, E] f32, those of live first
   */
  embedPrompts(): Tensor {
    const { live, spoof } = this.config.prompts;
    const prompts = [...live, ...spoof];
    const length = Math.max(...prompts.map((ids) => ids.length));
    // What follows the end of a text has no effect.
    const padded = prompts.flatMap((ids) => [
      ...ids,
      ...Array.from({ length: length - ids.length }, () => 0),
    ]);
    const ids = tensor(this.#device, padded, [prompts.length, length], "i32"); // [2 P, T]
    return this.clip.textProjection.forward(this.clip.text.forward(ids).pooled);
  }

  /**
   * The text of each class.
   *
   * @param prompts [2 P, E] of {@link embedPrompts}
   * @returns [2, E] of length 1, live first
   */
  classTexts(prompts: Tensor): Tensor {
    const count = this.config.prompts.live.length;
    const of = (start: number, end: number) => reshape(mean(slice(prompts, 0, start, end), 0), [1, -1]); // [P, E] -> [1, E]
    return normalize(concat([of(0, count), of(count, prompts.shape[0] ?? 0)], 0));
  }
}
