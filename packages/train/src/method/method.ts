/** @file What the loop and the benchmark need of a method. */

import type { Module, Tensor } from "@candor/tensor-core";
import type { Label, ManifestRow } from "@candor/data";

/** One method of anti-spoofing: a model, its loss on a batch, and its score. */
export interface Method {
  readonly name: string;
  readonly model: Module;
  /** Edge of the images in pixels. */
  readonly imageSize: number;
  /**
   * The loss of one batch.
   *
   * @param images [B, 3, S, S] f32, normalised
   * @param rows   B rows of the manifest
   * @returns      scalars by name, all [] f32; `loss` is the one that is minimised
   */
  losses(
    images: Tensor,
    rows: readonly ManifestRow[],
  ): { readonly loss: Tensor } & Readonly<Record<string, Tensor>>;
  /**
   * P(live) of each image.
   *
   * @param images [B, 3, S, S] f32, normalised
   */
  score(images: Tensor): Promise<Float32Array>;
  /**
   * One sentence an image, where the method explains itself; the judgment is its first word.
   *
   * @param verdicts what the sentences begin with; the method's own judgment where they are not given
   */
  explain?(images: Tensor, verdicts?: readonly Label[]): Promise<string[]>;
}
