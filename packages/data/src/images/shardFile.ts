/** @file A file of decoded pixels that says whether it is whole. */
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const digestBytes = 32;
/** Node reads and writes at most 2 GiB a call. */
const chunkBytes = 256 * 2 ** 20;

/**
 * Writes pixels and their sha256 under a temporary name and renames the file.
 * @param file where it goes; its folder is made
 * @param pixels any bytes
 */
export async function writeShard(file: string, pixels: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w");
  try {
    const hash = createHash("sha256");
    for (let start = 0; start < pixels.length; start += chunkBytes) {
      const chunk = pixels.subarray(start, start + chunkBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.writeFile(hash.digest());
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/**
 * Reads what {@link writeShard} wrote.
 * @param file the path
 * @param length how many pixel bytes it must hold
 * @returns the pixels, or undefined where the file is missing, cut off or damaged and must be made again
 */
export async function readShard(file: string, length: number): Promise<Uint8Array | undefined> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    if ((await handle.stat()).size !== length + digestBytes) return undefined;
    const pixels = new Uint8Array(length);
    const digest = new Uint8Array(digestBytes);
    const hash = createHash("sha256");
    for (let start = 0; start < length;) {
      const { bytesRead } = await handle.read(pixels, start, Math.min(chunkBytes, length - start), start);
      if (bytesRead === 0) return undefined;
      hash.update(pixels.subarray(start, start + bytesRead));
      start += bytesRead;
    }
    await handle.read(digest, 0, digestBytes, length);
    return hash.digest().equals(digest) ? pixels : undefined;
  } finally {
    await handle.close();
  }
}
