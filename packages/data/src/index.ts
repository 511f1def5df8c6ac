/** @file Candor's data: manifests, captions, tokenizers, images and batches. */
export { attacks, labels, splits } from "./manifest/manifest.ts";
export type { Attack, Label, Manifest, ManifestRow, Split } from "./manifest/manifest.ts";
export { readManifest } from "./manifest/readManifest.ts";
export { writeManifest } from "./manifest/writeManifest.ts";
export { below, createRandom, permutation, uint32, uniform } from "./sampling/random.ts";
export type { RandomState } from "./sampling/random.ts";
