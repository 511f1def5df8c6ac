/** @file Moves the base mesh by weighted morph targets. */

import type { HeadAsset } from "./headAsset.ts";

/** Weight of each target, 0..1 (macros are convex mixtures; differences may be negative). */
export type TargetWeights = ReadonlyMap<string, number>;

/**
 * Morphs the head: base + Σ weight · delta.
 *
 * @returns x, y, z of every base vertex
 * @throws Error if the asset lacks a target
 */
export function morphHead(asset: HeadAsset, weights: TargetWeights): Float32Array {
  const positions = Float32Array.from(asset.position);
  for (const [name, weight] of weights) {
    const range = asset.targets[name];
    if (!range) throw new Error(`[morphHead] the head asset has no target ${name}`);
    const scale = weight / 1000;
    for (let entry = range[0], end = range[0] + range[1]; entry < end; entry++) {
      const at = 3 * asset.targetVertex[entry]!;
      positions[at]! += scale * asset.targetDelta[3 * entry]!;
      positions[at + 1]! += scale * asset.targetDelta[3 * entry + 1]!;
      positions[at + 2]! += scale * asset.targetDelta[3 * entry + 2]!;
    }
  }
  return positions;
}
