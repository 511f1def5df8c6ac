/** @file The sizes of a CLIP model. */

import { z } from "zod";
import { mlpActivationSchema } from "../layers/activation.ts";
import { headsMessage, splitsIntoHeads } from "../layers/headWidth.ts";
import { attentionCount, layerNormCount, linearCount, mlpCount } from "../layers/parameterCounts.ts";
import { vitConfigSchema, vitParameterCount } from "../vit/vitConfig.ts";

const size = z.int().positive();

/** Schema of {@link ClipTextConfig}. */
export const clipTextConfigSchema = z
  .strictObject({
    vocabularySize: size,
    /** T, the most tokens of a text. */
    maxTokens: size,
    /** W */
    width: size,
    layers: size,
    heads: size,
    /** Hidden units of the MLP, as a multiple of W. */
    mlpRatio: z.number().positive(),
    activation: mlpActivationSchema.optional(),
    /** Added to the variances of the norms; default 1e-5. */
    normEps: z.number().positive().optional(),
    /** The token that ends a text: the text is read at its first one. Default: at the largest id, as OpenAI's code does. */
    endId: z.int().nonnegative().optional(),
  })
  .refine((c) => splitsIntoHeads(c.width, c.heads), { path: ["heads"], error: headsMessage });

/** The size of a {@link ClipText}. */
export type ClipTextConfig = z.infer<typeof clipTextConfigSchema>;

/** Schema of {@link ClipConfig}. */
export const clipConfigSchema = z.strictObject({
  vit: vitConfigSchema,
  text: clipTextConfigSchema,
  /** E, the width of the space that images and texts share. */
  embeddingWidth: size,
});

/** The sizes of a {@link Clip}. */
export type ClipConfig = z.infer<typeof clipConfigSchema>;

/** Number of parameters of a {@link ClipText}, by formula. */
export function clipTextParameterCount(config: ClipTextConfig): number {
  const { vocabularySize, maxTokens, width, layers, mlpRatio } = config;
  const block = 2 * layerNormCount(width) + attentionCount(width) + mlpCount(width, width * mlpRatio, width);
  return (vocabularySize + maxTokens) * width + layers * block + layerNormCount(width);
}

/** Number of parameters of a {@link Clip}, by formula. */
export function clipParameterCount({ vit, text, embeddingWidth }: ClipConfig): number {
  const projections =
    linearCount(vit.width, embeddingWidth, false) + linearCount(text.width, embeddingWidth, false);
  return vitParameterCount(vit) + clipTextParameterCount(text) + projections + 1;
}

const clipSize = (
  vision: Pick<ClipConfig["vit"], "imageSize" | "patchSize" | "width" | "layers" | "heads">,
  textWidth: number,
): ClipConfig => ({
  vit: { ...vision, mlpRatio: 4, activation: "quickGelu", embeddingNorm: true },
  text: {
    vocabularySize: 49_408,
    maxTokens: 77,
    width: textWidth,
    layers: 12,
    heads: textWidth / 64,
    mlpRatio: 4,
    activation: "quickGelu",
  },
  embeddingWidth: textWidth,
});

/** The sizes that OpenAI published. Radford et al. 2021, arXiv:2103.00020, table 20. */
export const clipConfigs = {
  "clip-vit-b32": clipSize({ imageSize: 224, patchSize: 32, width: 768, layers: 12, heads: 12 }, 512),
  "clip-vit-b16": clipSize({ imageSize: 224, patchSize: 16, width: 768, layers: 12, heads: 12 }, 512),
  "clip-vit-l14": clipSize({ imageSize: 224, patchSize: 14, width: 1024, layers: 24, heads: 16 }, 768),
  "clip-vit-l14-336": clipSize({ imageSize: 336, patchSize: 14, width: 1024, layers: 24, heads: 16 }, 768),
} as const satisfies Record<string, ClipConfig>;
