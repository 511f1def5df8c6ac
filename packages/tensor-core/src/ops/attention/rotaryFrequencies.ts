/** @file How far each pair of a head turns with every position: the variants of rotary embeddings. */

import { ShapeError } from "../../tensor/shape.ts";

/**
 * A change to the wavelengths that lets a model read further than it was trained.
 *
 * - `linear`: positions are divided by `factor`. Chen et al. 2023, "Extending context window of large language models via
 *   positional interpolation", arXiv:2306.15595.
 * - `dynamic`: the base grows with the number of positions beyond `originalLength` ("dynamic NTK", as in Hugging Face's
 *   transformers).
 * - `llama3`: long wavelengths are divided by `factor`, short ones kept, those between blended. Grattafiori et al. 2024,
 *   "The Llama 3 herd of models", arXiv:2407.21783; the published configuration and code of Llama 3.1.
 */
export type RotaryScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | { readonly kind: "dynamic"; readonly factor: number; readonly originalLength: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      /** Wavelengths longer than `originalLength / lowFrequencyFactor` are divided. */
      readonly lowFrequencyFactor: number;
      /** Wavelengths shorter than `originalLength / highFrequencyFactor` are kept. */
      readonly highFrequencyFactor: number;
      /** Positions that the model was trained with before. */
      readonly originalLength: number;
    };

const numbersOf: Readonly<Record<RotaryScaling["kind"], readonly string[]>> = {
  linear: ["factor"],
  dynamic: ["factor", "originalLength"],
  llama3: ["factor", "lowFrequencyFactor", "highFrequencyFactor", "originalLength"],
};

/** @throws ShapeError if base or scaling is none that {@link rotaryFrequencies} follow from */
export function assertRotary(base: number, scaling: RotaryScaling | undefined): void {
  if (!(base > 0 && Number.isFinite(base))) {
    throw new ShapeError(`[rotaryEmbedding] base must be a number > 0, got ${base}`);
  }
  if (!scaling) return;
  if (!Object.hasOwn(numbersOf, scaling.kind)) {
    throw new ShapeError(
      `[rotaryEmbedding] scaling.kind must be "linear", "dynamic" or "llama3", got "${scaling.kind}"`,
    );
  }
  for (const name of numbersOf[scaling.kind]) {
    const value: unknown = Reflect.get(scaling, name);
    if (Number(value) > 0) continue;
    throw new ShapeError(`[rotaryEmbedding] scaling.${name} must be greater than 0, got ${String(value)}`);
  }
}

/**
 * Radians by which each pair turns at every position.
 *
 * @param dim       width of a head, even
 * @param base      of the wavelengths
 * @param positions read at once, for `dynamic`
 * @returns D / 2 angles, from the fastest pair to the slowest
 * @throws ShapeError if the base, a factor or a length is not positive, or there is no such kind of scaling
 */
export function rotaryFrequencies(
  dim: number,
  base: number,
  scaling: RotaryScaling | undefined,
  positions: number,
): Float64Array {
  assertRotary(base, scaling);
  const half = dim / 2;
  const plain = (from: number) => Float64Array.from({ length: half }, (_, i) => from ** (-i / half));
  if (!scaling) return plain(base);
  const { factor } = scaling;
  if (scaling.kind === "linear") return plain(base).map((frequency) => frequency / factor);
  if (scaling.kind === "dynamic") {
    const length = Math.max(positions, scaling.originalLength);
    const growth = (factor * length) / scaling.originalLength - (factor - 1);
    return plain(base * growth ** (dim / (dim - 2)));
  }
  const { lowFrequencyFactor: low, highFrequencyFactor: high, originalLength } = scaling;
  return plain(base).map((frequency) => {
    const turns = (originalLength * frequency) / (2 * Math.PI); // within the original length
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const kept = (turns - low) / (high - low);
    return kept * frequency + ((1 - kept) * frequency) / factor;
  });
}
