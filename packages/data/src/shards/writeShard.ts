/** @file Puts a shard on disk, whole or not at all. */
import { open, rename, rm } from "node:fs/promises";

/** A shard's file name. */
export function shardName(index: number): string {
  return `shard-${String(index).padStart(5, "0")}.arrow`;
}

/**
 * Writes bytes under a temporary name and renames them, so that a shard that is there is whole.
 * @param file where
 * @param bytes what
 * @throws Error if the disk is full or cannot be written; nothing is left then
 */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const cause =
      code === "ENOSPC"
        ? "the disk is full; free some space and run again: finished shards are kept"
        : message;
    throw new Error(`[shards] cannot write ${file}: ${cause}`, { cause: error });
  }
}
