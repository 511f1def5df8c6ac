/** @file Calibration by an answer without content. Zhang et al. 2024, arXiv:2403.05262; Zhao et al. 2021, arXiv:2102.09690. */

import { ConfigError } from "../configError.ts";

/** Added to the probabilities that are divided by, as published. */
const epsilon = 1e-4;

/**
 * q = (W p + b) / sum, with p the probabilities with the image and c those without it.
 *
 * - `scale`: W = diag(c + 1e-4)⁻¹, b = 0, so that an image that says nothing leaves all judgments alike.
 * - `shift`: W = I, b = −c. These sum to 0, so that the published division has no meaning on a pair; ours maps the
 *   differences to (1 + p − c) / 2 and lets them sum to 1. The larger of two is that of p − c.
 *
 * @param probabilities [2], of live and spoof, which sum to 1
 * @param blind         [2], without the image
 * @returns [2], which sum to 1
 * @throws ConfigError if either is not two probabilities that sum to 1
 */
export function postHocCalibration(
  probabilities: ArrayLike<number>,
  blind: ArrayLike<number>,
  form: "scale" | "shift" = "scale",
): Float64Array {
  assertPair("probabilities", probabilities);
  assertPair("blind", blind);
  const q = Float64Array.from(probabilities, (p, i) => {
    const c = blind[i] as number;
    return form === "scale" ? p / (c + epsilon) : (1 + p - c) / 2;
  });
  const total = q.reduce((sum, x) => sum + x, 0);
  return q.map((x) => x / total);
}

function assertPair(name: string, values: ArrayLike<number>): void {
  const all = Array.from(values);
  const sum = all.reduce((a, b) => a + b, 0);
  if (all.length === 2 && all.every((p) => p >= 0) && Math.abs(sum - 1) < 1e-6) return;
  throw new ConfigError(
    `[postHocCalibration] ${name} must be two probabilities that sum to 1, got [${all.join(", ")}]`,
  );
}
