/** @file An image file as the data URL that a caption server takes. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import sharp from "sharp";

const typeOf: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
};

/**
 * Reads an image; formats that servers do not take are sent as PNG.
 * @param file an image file
 * @throws Error that names the file where it is missing or broken
 */
export async function imageDataUrl(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    const type = typeOf[extname(file).toLowerCase()];
    const sent = type ? bytes : await sharp(bytes).png().toBuffer();
    return `data:${type ?? "image/png"};base64,${sent.toString("base64")}`;
  } catch (cause) {
    throw new Error(`[captions] cannot read the image ${file}: ${(cause as Error).message}`, { cause });
  }
}
