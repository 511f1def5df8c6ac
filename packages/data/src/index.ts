/** @file Candor's data: manifests, captions, tokenizers, images and batches. */
export { answerFor, judgments, question } from "./captions/answerFor.ts";
export { attackKeywords } from "./captions/attackKeywords.ts";
export type { AttackWords } from "./captions/attackKeywords.ts";
export { attackNamed } from "./captions/attackNamed.ts";
export { cuePhrases } from "./captions/captionFacts.ts";
export type { CaptionFacts, Uniform } from "./captions/captionFacts.ts";
export { captionGeneral } from "./captions/captionGeneral.ts";
export { captionSpoof } from "./captions/captionSpoof.ts";
export { attacks, labels, splits } from "./manifest/manifest.ts";
export type { Attack, Label, Manifest, ManifestRow, Split } from "./manifest/manifest.ts";
export { readManifest } from "./manifest/readManifest.ts";
export { writeManifest } from "./manifest/writeManifest.ts";
export { below, createRandom, permutation, uint32, uniform } from "./sampling/random.ts";
export type { RandomState } from "./sampling/random.ts";
export { createTokenizer, loadTokenizer, saveTokenizer } from "./tokenizer/tokenizer.ts";
export type { TextTokenizer } from "./tokenizer/tokenizer.ts";
export type { TokenizerJson } from "./tokenizer/tokenizerJson.ts";
export { trainBpe } from "./tokenizer/trainBpe.ts";
