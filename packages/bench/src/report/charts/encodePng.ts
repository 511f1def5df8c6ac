/** @file Pixels to a PNG. */

import { crc32, deflateSync } from "node:zlib";

/**
 * Encodes 8-bit RGB as a data URI.
 *
 * @param pixels [height, width, 3]
 */
export function encodePng(pixels: Uint8Array, width: number, height: number): string {
  return `data:image/png;base64,${pngFile(pixels, width, height).toString("base64")}`;
}

/**
 * The bytes of a PNG file of 8-bit RGB.
 *
 * @param pixels [height, width, 3]
 */
export function pngFile(pixels: Uint8Array, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB, no interlace
  const lines = Buffer.alloc(height * (width * 3 + 1)); // each after a byte 0: no filter
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  }
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
