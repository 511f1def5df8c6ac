/** @file The size of a language model. */

import { z } from "zod";
import { headsMessage, splitsIntoHeads } from "../layers/headWidth.ts";
import { linearCount } from "../layers/parameterCounts.ts";

const size = z.int().positive();
const factor = z.number().positive();

/** Schema of the engine's `RotaryScaling`. */
const ropeScalingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("linear"), factor }),
  z.strictObject({ kind: z.literal("dynamic"), factor, originalLength: size }),
  z
    .strictObject({
      kind: z.literal("llama3"),
      factor,
      lowFrequencyFactor: factor,
      highFrequencyFactor: factor,
      originalLength: size,
    })
    .refine((c) => c.highFrequencyFactor > c.lowFrequencyFactor, {
      path: ["highFrequencyFactor"],
      error: "must be greater than lowFrequencyFactor",
    }),
]);

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
    /** E, width of a head; default W / H. */
    headWidth: size.optional(),
    /** Which maps of attention have biases, as Qwen2's queries, keys and values do; default none. */
    attentionBias: z.enum(["none", "queryKeyValue", "all"]).optional(),
    /** Added to the mean square in every norm; default 1e-6. */
    normEpsilon: z.number().positive().optional(),
    /** How the rotary embedding's wavelengths are stretched; default not at all. */
    ropeScaling: ropeScalingSchema.optional(),
    /** Most tokens that the model was trained to read; unlimited by default. Generation refuses to go further. */
    maxPositions: size.optional(),
  })
  .refine((c) => splitsIntoHeads(headWidthOf(c) * c.heads, c.heads), { path: ["heads"], error: headsMessage })
  .refine((c) => c.heads % c.kvHeads === 0, { path: ["kvHeads"], error: "must divide heads" });

/** The size of an {@link Lm}. */
export type LmConfig = z.infer<typeof lmConfigSchema>;

/** What the width of a head follows from. */
interface HeadSizes {
  readonly width: number;
  readonly heads: number;
  readonly headWidth?: number | undefined;
}

/** E, the width of a head. */
export function headWidthOf({ width, heads, headWidth }: HeadSizes): number {
  return headWidth ?? width / heads;
}

/** Number of parameters of an {@link Lm}, by formula. */
export function lmParameterCount(config: LmConfig): number {
  const { vocabularySize, width, layers, heads, kvHeads, hidden, tiedHead, attentionBias = "none" } = config;
  const [queryWidth, kvWidth] = [headWidthOf(config) * heads, headWidthOf(config) * kvHeads];
  const inputs = (outputs: number) => linearCount(width, outputs, attentionBias !== "none");
  const output = linearCount(queryWidth, width, attentionBias === "all");
  const attention = inputs(queryWidth) + 2 * inputs(kvWidth) + output;
  const mlp = 3 * linearCount(width, hidden, false);
  const layer = 2 * width + attention + mlp;
  return (tiedHead ? 1 : 2) * vocabularySize * width + layers * layer + width;
}
