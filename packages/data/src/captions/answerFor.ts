/** @file I-FAS's question and answer texts. */
import type { ManifestRow } from "../manifest/manifest.ts";
import { templateCaption } from "./captionSpoof.ts";

/** What may explain a judgment: a caption of the manifest, or one fixed sentence a presentation. */
export const captionSources = ["captionSpoof", "captionGeneral", "template"] as const;

/** One of {@link captionSources}. */
export type CaptionSource = (typeof captionSources)[number];

/** The question of every sample, T_Q (I-FAS, arXiv 2501.01720, task form). */
export const question = "Is this photo of a real person?";

/** The judgment of a live and of a spoof image; each is exactly one token of our tokenizers. */
export const judgments = { live: "Yes", spoof: "No" } as const;

/**
 * The answer T_A = [T_Judgment, T_Interpretation], such as "No, this is a printed photo with halftone dots.".
 * @param row the label, the attack and the captions of one frame
 * @param caption what explains the judgment
 * @returns the judgment word, and after a comma the caption where there is one
 */
export function answerFor(
  row: Pick<ManifestRow, "label" | "attack" | "captionGeneral" | "captionSpoof">,
  caption: CaptionSource = "captionSpoof",
): string {
  const text = caption === "template" ? templateCaption(row.attack) : row[caption].trim();
  return text === "" ? judgments[row.label] : `${judgments[row.label]}, ${text}`;
}
