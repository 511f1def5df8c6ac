/** @file The size of a language model. */

import { z } from "zod";
import { headsMessage, splitsIntoHeads } from "../layers/headWidth.ts";
import { linearCount } from "../layers/parameterCounts.ts";

const size = z.int().positive();

/** Schema of {@link LmConfig}. */
export const lmConfigSchema = z
  .strictObject({
    /** V, the number of tokens that the tokenizer knows. */
    vocabularySize: size,
    /** W */
    width: size,
    layers: size,
    /** H, heads of the queries; splits W into heads of a width that is a multiple of 4. */
    heads: size,
    /** G, heads of keys and values; divides H. */
    kvHeads: size,
    /** Hidden units of the MLP. */
    hidden: size,
    /** Base of the rotary embedding's wavelengths. */
    ropeBase: z.number().positive(),
    /** The head shares its weight with the token embedding. */
    tiedHead: z.boolean(),
  })
  .refine((c) => splitsIntoHeads(c.width, c.heads), { path: ["heads"], error: headsMessage })
  .refine((c) => c.heads % c.kvHeads === 0, { path: ["kvHeads"], error: "must divide heads" });

/** The size of an {@link Lm}. */
export type LmConfig = z.infer<typeof lmConfigSchema>;

/** Number of parameters of an {@link Lm}, by formula. */
export function lmParameterCount(config: LmConfig): number {
  const { vocabularySize, width, layers, heads, kvHeads, hidden, tiedHead } = config;
  const kvWidth = (width / heads) * kvHeads;
  const attention = 2 * linearCount(width, width, false) + 2 * linearCount(width, kvWidth, false);
  const mlp = 3 * linearCount(width, hidden, false);
  const layer = 2 * width + attention + mlp;
  return (tiedHead ? 1 : 2) * vocabularySize * width + layers * layer + width;
}
