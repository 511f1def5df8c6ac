/** @file What FLIP's three variants are built from. Srivatsan et al. 2023, "FLIP: cross-domain face anti-spoofing with language guidance", arXiv:2309.16649. */

import { z } from "zod";
import { clipConfigSchema, clipParameterCount } from "../clip/clipConfig.ts";
import { linearCount } from "../layers/parameterCounts.ts";
import { vitConfigSchema, vitParameterCount } from "../vit/vitConfig.ts";

const size = z.int().positive();
const ids = z.array(z.int().nonnegative()).min(1);

/** Token ids of each class's prompts, without padding, each with the token that ends a text. */
export const flipPromptsSchema = z.strictObject({ live: z.array(ids).min(2), spoof: z.array(ids).min(2) });

/** Schema of {@link FlipVConfig}. */
export const flipVConfigSchema = z.strictObject({
  method: z.literal("flipV"),
  vit: vitConfigSchema,
  /** Units between the encoder and the classes; 512 as published. */
  hidden: size,
});

/** Everything that a `FlipV` is built from. */
export type FlipVConfig = z.infer<typeof flipVConfigSchema>;

/** Schema of {@link FlipItConfig}. */
export const flipItConfigSchema = z.strictObject({
  method: z.literal("flipIt"),
  clip: clipConfigSchema,
  prompts: flipPromptsSchema,
});

/** Everything that a `FlipIt` is built from. */
export type FlipItConfig = z.infer<typeof flipItConfigSchema>;

/** Schema of {@link FlipMclConfig}. */
export const flipMclConfigSchema = z.strictObject({
  method: z.literal("flipMcl"),
  clip: clipConfigSchema,
  prompts: flipPromptsSchema,
  /** The perceptron before SimCLR's loss; 4096 and 256 as published. */
  projection: z.strictObject({ hidden: size, outputs: size }),
});

/** Everything that a `FlipMcl` is built from. */
export type FlipMclConfig = z.infer<typeof flipMclConfigSchema>;

/** Number of parameters of a FLIP variant, by formula. */
export function flipParameterCount(config: FlipVConfig | FlipItConfig | FlipMclConfig): number {
  if (config.method === "flipV") {
    const { vit, hidden } = config;
    return vitParameterCount(vit) + linearCount(vit.width, hidden) + linearCount(hidden, 2, false);
  }
  const clip = clipParameterCount(config.clip);
  if (config.method === "flipIt") return clip;
  const { hidden, outputs } = config.projection;
  const maps = linearCount(config.clip.embeddingWidth, hidden) + linearCount(hidden, hidden);
  return clip + maps + 2 * 2 * hidden + linearCount(hidden, outputs);
}
