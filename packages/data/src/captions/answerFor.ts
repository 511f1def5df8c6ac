/** @file I-FAS's question and answer texts. */
import type { ManifestRow } from "../manifest/manifest.ts";

/** The question of every sample, T_Q (I-FAS, arXiv 2501.01720, task form). */
export const question = "Is this photo of a real person?";

/** The judgment of a live and of a spoof image; each is exactly one token of our tokenizers. */
export const judgments = { live: "Yes", spoof: "No" } as const;

/**
 * The answer T_A = [T_Judgment, T_Interpretation], such as "No, this is a printed photo with halftone dots.".
 * @param row the label and the captions of one frame
 * @param caption which caption explains the judgment
 * @returns the judgment word, and after a comma the caption where the row has one
 */
export function answerFor(
  row: Pick<ManifestRow, "label" | "captionGeneral" | "captionSpoof">,
  caption: "captionSpoof" | "captionGeneral" = "captionSpoof",
): string {
  const text = row[caption].trim();
  return text === "" ? judgments[row.label] : `${judgments[row.label]}, ${text}`;
}
