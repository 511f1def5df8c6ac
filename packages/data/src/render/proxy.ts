/** @file Fits eyes, brows, lashes and hair onto a morphed head. */

import type { HeadAsset, HeadProxy } from "./headAsset.ts";

/**
 * Scale of a proxy's offsets: the distance of two head vertices on each axis over the proxy's denominator.
 *
 * @param positions x, y, z of the morphed base vertices
 */
export function proxyScale(
  asset: HeadAsset,
  proxy: HeadProxy,
  positions: Float32Array,
): [number, number, number] {
  const along = (axis: 0 | 1 | 2, pair: readonly [number, number]): number =>
    Math.abs(positions[3 * pair[0] + axis]! - positions[3 * pair[1] + axis]!) / proxy.denominator[axis];
  const { x, y, z } = asset.scaleVertices;
  return [along(0, x), along(1, y), along(2, z)];
}

/**
 * Fits a proxy: Σ weight · position + scale ⊙ offset.
 *
 * @returns x, y, z of every proxy vertex
 */
export function fitProxy(asset: HeadAsset, proxy: HeadProxy, positions: Float32Array): Float32Array {
  const scale = proxyScale(asset, proxy, positions);
  const fitted = new Float32Array(proxy.reference.length);
  for (let vertex = 0; vertex < fitted.length; vertex += 3) {
    for (let axis = 0; axis < 3; axis++) {
      let sum = scale[axis]! * proxy.offset[vertex + axis]!;
      for (let k = 0; k < 3; k++) {
        sum += proxy.weight[vertex + k]! * positions[3 * proxy.reference[vertex + k]! + axis]!;
      }
      fitted[vertex + axis] = sum;
    }
  }
  return fitted;
}
