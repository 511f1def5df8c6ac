/** @file Safetensors files in Node. Modules of Node load on the first call, so that a browser can load this file. */

import { fileSource } from "./byteSource.ts";
import { decodeTensor, type ParseOptions, safetensorsParts } from "./safetensors.ts";
import type { Safetensors, StoredTensor, TensorToStore } from "./safetensors.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import { openSafetensors } from "./weights.ts";

/**
 * Reads a file tensor by tensor, so that it may be larger than one buffer and only selected tensors take memory.
 *
 * @throws SafetensorsError if the file cannot be read or breaks the format; the message starts with its name
 */
export async function readSafetensors(file: string, options: ParseOptions = {}): Promise<Safetensors> {
  const select = options.select ?? (() => true);
  const source = await fileSource(file);
  try {
    const { entries, metadata } = await openSafetensors(source);
    const tensors = new Map<string, StoredTensor>();
    for (const [name, entry] of entries) {
      if (!select(name)) continue;
      const { dtype, shape, start, end } = entry;
      const buffer = new ArrayBuffer(end - start);
      await source.read(start, end, new Uint8Array(buffer));
      tensors.set(name, { dtype, shape, data: decodeTensor(buffer, entry) });
    }
    return { tensors, metadata };
  } catch (cause) {
    const { message } = cause as Error;
    throw new SafetensorsError(message.startsWith(file) ? message : `${file}: ${message}`, { cause });
  } finally {
    await source.close();
  }
}

/**
 * Writes a file so that its name never shows a part of it: to a temporary name beside it, then renamed. Of several calls
 * at a time for one file, the one that ends last stays.
 *
 * @throws SafetensorsError if a tensor cannot be stored; the file is as before then
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { open, rename, rm } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  const parts = safetensorsParts(tensors, metadata);
  // A name of its own for each call, in this process and in those that share the folder.
  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  const handle = await open(temporary, "wx");
  try {
    try {
      // One behind the other, without a copy of the whole.
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The new name must survive a crash too; folders cannot be opened everywhere.
  const folder = await open(dirname(file), "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
