/** @file Sizes that train on two CPU cores within minutes; all are our choices. */

import type { PromptConfig } from "./antispoof/promptConfig.ts";
import type { IfasConfig, VitBinaryConfig } from "./config.ts";

const vit = { imageSize: 64, patchSize: 8, width: 64, layers: 3, heads: 4, mlpRatio: 4 };

/**
 * I-FAS at the starter's size.
 *
 * @param vocabularySize number of tokens that the tokenizer knows
 * @param prompt         the question's and the judgment's tokens
 */
export function starterConfig(vocabularySize: number, prompt: PromptConfig): IfasConfig {
  return {
    method: "ifas",
    vit,
    connector: { kind: "gac", width: 64, queries: 4, depth: 1, heads: 4, mlpRatio: 2 },
    lm: {
      vocabularySize,
      width: 64,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      hidden: 160,
      ropeBase: 10_000,
      tiedHead: true,
    },
    prompt,
  };
}

/** The baseline at the starter's size, with the vision transformer of {@link starterConfig}. */
export const starterBaselineConfig: VitBinaryConfig = { method: "vitBinary", vit };
