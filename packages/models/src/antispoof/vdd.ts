/** @file Visual debias decoding. Zhang et al. 2024, "Debiasing multimodal large language models", arXiv:2403.05262. */

import { ConfigError } from "../configError.ts";

export interface VddOptions {
  /** a, how much of what the text alone suggests is taken away; default 0.5, as published. */
  readonly strength?: number;
  /**
   * b: a token stays possible where its own probability is at least this share of the largest. Default 0.1, as published;
   * 0 keeps all. On a pair of judgments, a sure one then has probability 1 exactly, so that sure images tie.
   */
  readonly plausibility?: number;
}

/**
 * l' = (1 + a) l(v) − a l(v'), for tokens with l(v) ≥ log b + max l(v); minus infinity for the others. It needs no training.
 *
 * That it is used on the judgment pair of a face anti-spoofing model is our suggestion, not published.
 *
 * @param logits [K], with the image
 * @param blind  [K], without it: see `Ifas.blindJudgmentLogits`
 * @returns [K]
 * @throws ConfigError if the lengths differ, the strength is below 0 or the plausibility not 0 to 1
 */
export function vdd(
  logits: ArrayLike<number>,
  blind: ArrayLike<number>,
  options: VddOptions = {},
): Float64Array {
  const { strength = 0.5, plausibility = 0.1 } = options;
  if (logits.length !== blind.length) {
    throw new ConfigError(
      `[vdd] ${logits.length} logits with the image, ${blind.length} without: they must be as many`,
    );
  }
  if (!(strength >= 0)) throw new ConfigError(`[vdd] strength must be at least 0, got ${strength}`);
  if (!(plausibility >= 0 && plausibility <= 1)) {
    throw new ConfigError(`[vdd] plausibility must be 0 to 1, got ${plausibility}`);
  }
  let least = -Infinity;
  for (let i = 0; i < logits.length; i++) least = Math.max(least, logits[i] as number);
  least += Math.log(plausibility);
  return Float64Array.from(logits, (logit, i) =>
    logit >= least ? (1 + strength) * logit - strength * (blind[i] as number) : -Infinity,
  );
}
