/** @file Decodes one image file to a square of sRGB bytes. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";

/** An image with more pixels is refused before it is decoded: it would need over 300 MB. */
export const maxPixels = 100_000_000;

/**
 * Decodes an image upright, in sRGB and without alpha, as a centred square scaled to size x size.
 *
 * The scale is libvips' `linear` kernel, widened with the shrink factor, so that it averages over the area of each
 * output pixel. JPEG's own shrink-on-load is off: files of all formats pass through the same filter.
 * @param input a file's path, or the file's bytes
 * @param size edge of the result in pixels
 * @param name what to call bytes in an error message
 * @returns Uint8Array [size, size, 3], rows from top to bottom, RGB
 * @throws Error that names the image and the cause: missing, unreadable, no image, cut off, too many pixels
 */
export async function decodeImage(
  input: string | Uint8Array,
  size: number,
  name = typeof input === "string" ? input : "the image",
): Promise<Uint8Array> {
  if (!Number.isInteger(size) || size < 1 || size > 16_384) {
    throw new RangeError(`[decodeImage] size must be an integer from 1 to 16384 pixels, got ${size}`);
  }
  const bytes = typeof input === "string" ? await readImageFile(input) : input;
  if (bytes.length === 0) throw new Error(`[decodeImage] ${name} is empty`);
  try {
    return await sharp(bytes, { limitInputPixels: maxPixels, failOn: "warning" })
      .autoOrient()
      .resize(size, size, { fit: "cover", position: "centre", kernel: "linear", fastShrinkOnLoad: false })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer(); // [size, size, 3]
  } catch (error) {
    throw new Error(
      `[decodeImage] ${name} ${explain(error instanceof Error ? error.message : String(error))}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Reads an image file's bytes.
 * @param file the path
 * @throws Error that names the path and the cause
 */
export async function readImageFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const causes: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "it is a folder",
      EACCES: "permission is denied",
    };
    throw new Error(`[decodeImage] cannot read ${file}: ${causes[code ?? ""] ?? message}`, { cause: error });
  }
}

/** Says in our words what libvips found. */
function explain(message: string): string {
  if (/pixel limit/i.test(message)) {
    return `has more than ${maxPixels / 1e6} million pixels; scale it down first`;
  }
  if (/unsupported image format/i.test(message))
    return "is no image that can be read (JPEG, PNG, WebP, AVIF, TIFF, GIF)";
  if (
    /premature|end of (stream|file|image)|truncated|not enough|corrupt|read error|crc|libspng|invalid/i.test(
      message,
    )
  ) {
    return `is cut off or damaged (${message.trim().split("\n")[0]})`;
  }
  return `cannot be decoded: ${message.trim()}`;
}
