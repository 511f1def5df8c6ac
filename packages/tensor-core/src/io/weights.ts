/** @file What tensors a model's files hold, and where: one file, or shards with an index. */

import { type ByteSource, fileSource } from "./byteSource.ts";
import { isRecord, parseJson } from "./parseJson.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import { headerEnd, parseHeader, type TensorEntry } from "./safetensorsHeader.ts";
import { showName, showValue } from "./showValue.ts";

/** A tensor of a file. */
export interface StoredEntry extends TensorEntry {
  readonly source: ByteSource;
}

/** Tensors by name, with the files that hold them open. */
export interface Weights {
  /** In the order of files and bytes. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Longest index that is read. */
const maxIndexBytes = 100_000_000;

/**
 * Reads the header of a file and checks it against the file's size; no tensor is read.
 *
 * @throws SafetensorsError if the file breaks the format, and closes it; the message starts with the file's name
 */
export async function openSafetensors(source: ByteSource): Promise<Weights> {
  try {
    const first = await source.read(0, Math.min(8, source.size));
    const bytes = await source.read(0, headerEnd(first, source.size));
    const { entries, metadata } = parseHeader(bytes, source.size);
    return {
      entries: new Map(entries.map((entry) => [entry.name, { ...entry, source }])),
      metadata,
      close: () => source.close(),
    };
  } catch (cause) {
    // What is wrong with the file says more than that it does not close either.
    await source.close().catch(() => undefined);
    throw new SafetensorsError(`${source.name}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Opens the shards that a `model.safetensors.index.json` names.
 *
 * @param index the index file
 * @param open  opens a shard by the name that the index has for it
 * @throws SafetensorsError if the index is malformed, names a file outside of its folder, or a shard lacks a tensor
 */
export async function openShards(
  index: ByteSource,
  open: (file: string) => Promise<ByteSource>,
): Promise<Weights> {
  const byFile = await readIndex(index);
  const shards: Weights[] = [];
  const close = async () => {
    for (const shard of shards) await shard.close();
  };
  const entries = new Map<string, StoredEntry>();
  try {
    for (const [file, names] of byFile) {
      const shard = await openSafetensors(await open(file));
      shards.push(shard);
      const missing = names.find((name) => !shard.entries.has(name));
      if (missing !== undefined) {
        throw new SafetensorsError(
          `${index.name} places ${showName(missing)} in ${file}, which does not hold it`,
        );
      }
      const listed = new Set(names);
      for (const [name, entry] of shard.entries) if (listed.has(name)) entries.set(name, entry);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { entries, metadata: {}, close };
}

/**
 * Opens weights on this machine; Node only.
 *
 * @param path a `.safetensors` file, an index of shards (`.json`), or a folder with either
 * @throws SafetensorsError if there are none, or they break the format
 */
export async function openWeights(path: string): Promise<Weights> {
  const { readdir, stat } = await import("node:fs/promises");
  const { dirname, join } = await import("node:path");
  const info = await stat(path).catch((cause: Error) => {
    throw new SafetensorsError(`${path}: ${cause.message}`, { cause });
  });
  if (info.isDirectory()) {
    const files = await readdir(path);
    const found = ["model.safetensors.index.json", "model.safetensors"].find((name) => files.includes(name));
    if (!found)
      throw new SafetensorsError(`${path} has neither model.safetensors nor model.safetensors.index.json`);
    return openWeights(join(path, found));
  }
  const source = await fileSource(path);
  if (!path.endsWith(".json")) return openSafetensors(source);
  try {
    return await openShards(source, (file) => fileSource(join(dirname(path), file)));
  } finally {
    await source.close();
  }
}

/** Names of tensors by the file that holds them, in the order of the index. */
async function readIndex(index: ByteSource): Promise<Map<string, string[]>> {
  const fail = (why: string, cause?: unknown) => new SafetensorsError(`${index.name}: ${why}`, { cause });
  if (index.size > maxIndexBytes) throw fail(`an index of ${index.size} bytes is none`);
  const bytes = await index.read(0, index.size);
  let json: unknown;
  try {
    json = parseJson(bytes, "the index");
  } catch (cause) {
    throw fail((cause as Error).message, cause);
  }
  const map = isRecord(json) ? json["weight_map"] : undefined;
  if (!isRecord(map)) throw fail("the index must have weight_map, an object of file names by tensor");
  const byFile = new Map<string, string[]>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[^/\\:]{1,255}$/.test(file) || file.startsWith(".")) {
      throw fail(`weight_map.${showName(name)} must name a file beside the index, got ${showValue(file)}`);
    }
    const names = byFile.get(file);
    if (names) names.push(name);
    else byFile.set(file, [name]);
  }
  return byFile;
}
