/** @file Uploads textures as one mipmapped array. */

import { TextureUsage } from "@candor/tensor-core/device";

import type { Texture } from "./headAsset.ts";

/**
 * Creates a 2D array texture with a full chain of box-filtered mip levels; colour is weighted by alpha.
 *
 * @param format of the texels: sRGB for colours, plain for data
 */
export function uploadTextures(
  gpu: GPUDevice,
  textures: readonly Texture[],
  format: "rgba8unorm" | "rgba8unorm-srgb",
): GPUTexture {
  const size = textures[0]?.size ?? 1;
  const levels = Math.log2(size) + 1;
  const texture = gpu.createTexture({
    size: [size, size, textures.length],
    mipLevelCount: levels,
    format,
    usage: TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST,
  });
  textures.forEach((layer, z) => {
    let pixels = layer.pixels;
    const weighted = format === "rgba8unorm-srgb";
    for (let level = 0, side = size; level < levels; level++, side /= 2) {
      gpu.queue.writeTexture(
        { texture, mipLevel: level, origin: [0, 0, z] },
        pixels as Uint8Array<ArrayBuffer>,
        { bytesPerRow: 4 * side, rowsPerImage: side },
        [side, side, 1],
      );
      if (side > 1) pixels = halved(pixels, side, weighted);
    }
  });
  return texture;
}

function halved(pixels: Uint8Array, side: number, weighted: boolean): Uint8Array {
  const half = side / 2;
  const smaller = new Uint8Array(4 * half * half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const corner = 4 * (2 * y * side + 2 * x);
      const sources = [corner, corner + 4, corner + 4 * side, corner + 4 * side + 4];
      const at = 4 * (y * half + x);
      let alpha = 0;
      for (const source of sources) alpha += pixels[source + 3]!;
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (const source of sources) {
          sum += pixels[source + k]! * (weighted && alpha > 0 ? pixels[source + 3]! / alpha : 0.25);
        }
        smaller[at + k] = Math.round(sum);
      }
      smaller[at + 3] = Math.round(alpha / 4);
    }
  }
  return smaller;
}
