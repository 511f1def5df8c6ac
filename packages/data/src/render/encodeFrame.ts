/** @file Encodes a frame as JPEG, after the blocks of a video codec where the camera has one. */

import sharp from "sharp";

import { frameSize } from "./frameRenderer.ts";
import type { Camera } from "./scene.ts";

/**
 * Encodes the pixels with the camera's quality.
 *
 * @param pixels RGBA, [128, 128, 4]
 */
export async function encodeFrame(pixels: Uint8Array, camera: Camera): Promise<Buffer> {
  const raw = sharp(pixels, { raw: { width: frameSize, height: frameSize, channels: 4 } }).removeAlpha();
  if (camera.blockQuality === null) return raw.jpeg({ quality: camera.jpegQuality }).toBuffer();
  const blocked = await raw.jpeg({ quality: camera.blockQuality }).toBuffer();
  return sharp(blocked).jpeg({ quality: camera.jpegQuality }).toBuffer();
}
