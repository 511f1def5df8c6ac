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
 * @throws SafetensorsError if the server refuses, or does not say how long the file is
 */
export async function urlSource(url: string): Promise<ByteSource> {
  const request = async (start: number, end: number) => {
    const response = await fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new SafetensorsError(
        `${url}: the server answered ${response.status}, not with a part of the file (206)`,
      );
    }
    return response;
  };
  const first = await request(0, 8);
  await first.arrayBuffer();
  const size = Number(/\/(\d+)$/.exec(first.headers.get("Content-Range") ?? "")?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size))
    throw new SafetensorsError(`${url}: the server does not say how long the file is`);
  return {
    name: url,
    size,
    read: async (start, end) => {
      if (start === end) return new Uint8Array(0);
      const bytes = new Uint8Array(await (await request(start, end)).arrayBuffer());
      if (bytes.length !== end - start) {
        throw new SafetensorsError(`${url}: asked for ${end - start} bytes, got ${bytes.length}`);
      }
      return bytes;
    },
    close: async () => {},
  };
}
