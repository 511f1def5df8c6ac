/** @file Lays typed arrays behind one another in one file and remembers where each lies. */

/** Where an array lies in the packed file. */
export interface PackedArray {
  readonly type: "u8" | "u16" | "i16" | "f32";
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

export type Packable = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** Collects arrays for one file. */
export interface Packer {
  add(name: string, array: Packable): void;
  finish(): { readonly bytes: Uint8Array; readonly arrays: Record<string, PackedArray> };
}

/** Opens an empty packer; every array starts at a multiple of 4 bytes. */
export function openPacker(): Packer {
  const chunks: Uint8Array[] = [];
  const arrays: Record<string, PackedArray> = {};
  let offset = 0;
  return {
    add(name, array) {
      if (arrays[name]) throw new Error(`[openPacker] array ${name} is packed twice`);
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
      padded.set(bytes);
      arrays[name] = { type: typeOf(array), offset, length: array.length };
      chunks.push(padded);
      offset += padded.length;
    },
    finish() {
      const bytes = new Uint8Array(offset);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return { bytes, arrays };
    },
  };
}

function typeOf(array: Packable): PackedArray["type"] {
  if (array instanceof Uint8Array) return "u8";
  if (array instanceof Uint16Array) return "u16";
  return array instanceof Int16Array ? "i16" : "f32";
}
