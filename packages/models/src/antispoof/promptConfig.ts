/** @file The tokens that I-FAS asks with and reads the judgment from. */

import { z } from "zod";

const id = z.int().nonnegative();

/** Schema of {@link PromptConfig}. */
export const promptConfigSchema = z
  .strictObject({
    /** The question's tokens; the judgment follows the last one. */
    question: z.array(id).min(2),
    /** The judgment "Yes": live. */
    yesId: id,
    /** The judgment "No": spoof. */
    noId: id,
    /** The end of an answer. */
    eosId: id,
  })
  .refine((c) => c.yesId !== c.noId, { path: ["noId"], error: "must differ from yesId" });

/** The tokens of the question and of the judgment, as the tokenizer numbers them. */
export type PromptConfig = z.infer<typeof promptConfigSchema>;
