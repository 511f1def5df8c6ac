/** @file What a loader reads, in words. */
import type { DatasetLoader } from "./datasetLoader.ts";

/**
 * The loader's facts as a paragraph for people.
 * @param loader the loader
 */
export function describeLoader(loader: DatasetLoader): string {
  return [
    `${loader.title} (--dataset=${loader.name})`,
    `  licence and source: ${loader.page}`,
    `  layout ${loader.verified.layout ? "verified" : "UNVERIFIED"}: ${loader.verified.words}`,
    `  labels: ${loader.encoding}`,
    `  splits: ${loader.splitRule}`,
    "  reads:",
    ...loader.layout.map((line) => `    ${line}`),
  ].join("\n");
}
