/** @file What the loop and the benchmark need of a method. */

import type { Module, StepInput, Tensor } from "@candor/tensor-core";
import type { Augmentation, Label, ManifestRow } from "@candor/data";

/** One method of anti-spoofing: a model, its loss on a batch, and its score. */
export interface Method {
  readonly name: string;
  readonly model: Module;
  /** Edge of the images in pixels. */
  readonly imageSize: number;
  /**
   * What the loss needs of a batch beside its images: the same names and shapes for every batch of one size, so that a
   * step can be captured.
   *
   * @param rows B rows of the manifest
   * @param step of training, from which dropout and draws follow; absent when the loss is only measured
   */
  targets(rows: readonly ManifestRow[], step?: number): Readonly<Record<string, StepInput>>;
  /** How two further views of the images are made, `firstView` and `secondView` among the targets of a training step. */
  readonly views?: Augmentation;
  /**
   * The loss of one batch.
   *
   * @param images  [B, 3, S, S] f32, normalised
   * @param targets what {@link targets} gave for the batch, as tensors
   * @returns       scalars by name, all [] f32; `loss` is the one that is minimised
   */
  losses(
    images: Tensor,
    targets: Readonly<Record<string, Tensor>>,
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
  /**
   * Where the method looks: a share of attention a patch, row by row of the image's grid of N patches, [B, N] whose rows
   * sum to 1. Absent where the model weighs no patches.
   *
   * @param images [B, 3, S, S] f32, normalised
   */
  patchAttention?(images: Tensor): Promise<Float32Array>;
}
