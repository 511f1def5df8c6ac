/** @file Files read by ranges, so that a large one never lies in memory as a whole. */

import { SafetensorsError } from "./safetensorsError.ts";

/** A file, wherever it lies. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /**
   * The bytes from `start` up to, not including, `end`, which lie within the file.
   *
   * @param room memory that they may be put into, at least as much
   */
  read(start: number, end: number, room?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Node refuses to read 2 GiB or more at once. */
const maxReadBytes = 2 ** 30;

/** Bytes that are in memory already. */
export function bytesSource(bytes: Uint8Array, name = "safetensors"): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    close: async () => {},
  };
}

/**
 * A file of this machine; Node only.
 *
 * @throws SafetensorsError if it cannot be opened
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { open } = await import("node:fs/promises");
  const handle = await open(path, "r").catch((cause: Error) => {
    throw new SafetensorsError(`${path}: ${cause.message}`, { cause });
  });
  const { size } = await handle.stat();
  return {
    name: path,
    size,
    read: async (start, end, room) => {
      const bytes = room?.subarray(0, end - start) ?? new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const length = Math.min(bytes.length - filled, maxReadBytes);
        const { bytesRead } = await handle.read(bytes, filled, length, start + filled);
        if (bytesRead === 0)
          throw new SafetensorsError(`${path} ended at byte ${start + filled}: it was cut off`);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/**
 * A file of a server that answers requests for ranges.
 *
 * @throws SafetensorsError if the server refuses, does not say how long the file is, or answers with another range than was
 *   asked for, or one of a file of another size
 */
export async function urlSource(url: string): Promise<ByteSource> {
  const { size } = await readRange(url, 0, 8);
  return {
    name: url,
    size,
    read: async (start, end) => {
      if (start === end) return new Uint8Array(0);
      const part = await readRange(url, start, end);
      if (part.size !== size)
        throw new SafetensorsError(`${url}: the file had ${size} bytes, and now has ${part.size}`);
      return part.bytes;
    },
    close: async () => {},
  };
}

/** The bytes from `start` up to `end`, or to where the file ends before that, and the size of the whole file. */
async function readRange(
  url: string,
  start: number,
  end: number,
): Promise<{ readonly bytes: Uint8Array; readonly size: number }> {
  const response = await fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
  const refuse = async (why: string) => {
    await response.body?.cancel();
    return new SafetensorsError(`${url}: ${why}`);
  };
  if (response.status !== 206)
    throw await refuse(`the server answered ${response.status}, not with a part of the file (206)`);
  const range = response.headers.get("Content-Range") ?? "";
  const size = Number(/\/(\d+)$/.exec(range)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw await refuse("the server does not say how long the file is");
  const asked = `bytes ${start}-${Math.min(end, size) - 1}/${size}`;
  if (range !== asked) throw await refuse(`asked for ${asked}, got ${range}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const count = Math.min(end, size) - start;
  if (bytes.length !== count)
    throw new SafetensorsError(`${url}: asked for ${count} bytes, got ${bytes.length}`);
  return { bytes, size };
}
