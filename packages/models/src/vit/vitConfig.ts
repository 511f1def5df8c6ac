/** @file The size of a vision transformer. */

import { z } from "zod";
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

/** Number of parameters of a {@link Vit}, by formula. */
export function vitParameterCount(config: VitConfig): number {
  const { patchSize, width, layers, mlpRatio } = config;
  const embedding = linearCount(3 * patchSize ** 2, width, false);
  const tokens = width + (patchCount(config) + 1) * width;
  const block = 2 * layerNormCount(width) + attentionCount(width) + mlpCount(width, width * mlpRatio, width);
  return embedding + tokens + layers * block + layerNormCount(width);
}
