/** @file The size of a vision transformer. */

import { z } from "zod";
import { mlpActivationSchema } from "../layers/activation.ts";
import { headsMessage, splitsIntoHeads } from "../layers/headWidth.ts";
import { attentionCount, layerNormCount, linearCount, mlpCount } from "../layers/parameterCounts.ts";

const size = z.int().positive();

/** Schema of {@link VitConfig}. */
export const vitConfigSchema = z
  .strictObject({
    /** S, the side of the square image in pixels. */
    imageSize: size,
    /** P, the side of a patch in pixels; divides S. */
    patchSize: size,
    /** D */
    width: size,
    layers: size,
    /** H; splits D into heads of a width that is a multiple of 4. */
    heads: size,
    /** Hidden units of the MLP, as a multiple of D. */
    mlpRatio: z.number().positive(),
    /** Of the MLP; default `gelu`, its tanh form. */
    activation: mlpActivationSchema.optional(),
    /** Added to the variances of the norms; default 1e-5. */
    normEps: z.number().positive().optional(),
    /** The patch embedding has a bias, as in timm; default false, as in CLIP. */
    patchBias: z.boolean().optional(),
    /** Tokens are normalised before the first block, as in CLIP; default false. */
    embeddingNorm: z.boolean().optional(),
    /** A second token learns from a teacher, as in distilled DeiT; default false. */
    distillationToken: z.boolean().optional(),
    /** The final norm acts on the patch tokens too, as in timm; default false, as in CLIP. */
    patchNorm: z.boolean().optional(),
  })
  .refine((c) => c.imageSize % c.patchSize === 0, {
    path: ["patchSize"],
    error: "must divide imageSize",
  })
  .refine((c) => splitsIntoHeads(c.width, c.heads), { path: ["heads"], error: headsMessage })
  .refine((c) => Number.isInteger(c.width * c.mlpRatio), {
    path: ["mlpRatio"],
    error: "times width must be a whole number",
  });

/** The size of a {@link Vit}. */
export type VitConfig = z.infer<typeof vitConfigSchema>;

/** N = (S / P)², the number of patches of an image. */
export const patchCount = (config: VitConfig): number => (config.imageSize / config.patchSize) ** 2;

/** Tokens that stand before the patches: CLS, and DeiT's distillation token. */
export const prefixCount = (config: VitConfig): number => (config.distillationToken ? 2 : 1);

/** Number of parameters of a {@link Vit}, by formula. */
export function vitParameterCount(config: VitConfig): number {
  const { patchSize, width, layers, mlpRatio, patchBias = false, embeddingNorm = false } = config;
  const embedding = linearCount(3 * patchSize ** 2, width, patchBias);
  const tokens = (2 * prefixCount(config) + patchCount(config)) * width;
  const block = 2 * layerNormCount(width) + attentionCount(width) + mlpCount(width, width * mlpRatio, width);
  const norms = (embeddingNorm ? 2 : 1) * layerNormCount(width);
  return embedding + tokens + layers * block + norms;
}
