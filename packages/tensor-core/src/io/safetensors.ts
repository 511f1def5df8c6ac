/** @file Tensors to and from the bytes of a safetensors file. */

import { fromBfloat16, fromFloat16, toFloat16 } from "../tensor/float16.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import {
  checkMetadata,
  checkShape,
  parseHeader,
  type SafetensorsDType,
  type TensorEntry,
} from "./safetensorsHeader.ts";
import { showName, showValue } from "./showValue.ts";

/** Values on the host; F16 and BF16 are widened to f32. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array;
  /** The dtype in the file. */
  readonly dtype: SafetensorsDType;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ParseOptions {
  /** Tensors to read; all by default. The others are checked, but may be of a dtype that is not supported. */
  readonly select?: (name: string) => boolean;
}

/** What a file is written from; Float32Array becomes F32, Int32Array I32, Uint32Array U32, the bits of halves in Uint16Array F16. */
export interface TensorToStore {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array | Uint16Array;
  /** Stores numbers as halves, rounded to nearest even; beyond 65,504 they become infinite. */
  readonly dtype?: "F16";
}

/**
 * Reads F32, F16, BF16, I32 and U32 tensors.
 *
 * @param bytes a whole file
 * @throws SafetensorsError if the file breaks the format, or a selected tensor has another dtype
 */
export function parseSafetensors(bytes: Uint8Array, options: ParseOptions = {}): Safetensors {
  const { entries, metadata } = parseHeader(bytes);
  const select = options.select ?? (() => true);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of entries) {
    if (!select(entry.name)) continue;
    const { name, dtype, shape, start, end } = entry;
    // A copy: tensors need not be aligned in the file.
    const data = decodeTensor(Uint8Array.from(bytes.subarray(start, end)).buffer, entry);
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/** @internal The values of a tensor, of its bytes alone. */
export function decodeTensor(buffer: ArrayBuffer, { name, dtype }: TensorEntry): StoredTensor["data"] {
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "F16":
      return fromFloat16(new Uint16Array(buffer));
    case "BF16":
      return fromBfloat16(new Uint16Array(buffer));
    default:
      throw new SafetensorsError(
        `${showName(name)}: dtype ${dtype} is not supported; leave the tensor out with select, or convert the file`,
      );
  }
}

/**
 * The tensors of floating-point dtypes, as `Module.loadStateDict` takes them.
 *
 * @throws SafetensorsError if a tensor holds whole numbers
 */
export function floatTensors(
  tensors: ReadonlyMap<string, StoredTensor>,
): Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }> {
  const floats = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { shape, data, dtype }] of tensors) {
    if (!(data instanceof Float32Array))
      throw new SafetensorsError(`${showName(name)}: must hold floats, got ${dtype}`);
    floats.set(name, { shape, data });
  }
  return floats;
}

/**
 * The bytes of a file, tensors in the order of the map.
 *
 * @param metadata free text by name
 * @throws SafetensorsError if the shape and the number of values of a tensor differ, a size is no whole number >= 0, values
 *   are in an array of another type, free text is no string, or a name is no Unicode text or is `__metadata__`
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((size, { byteLength }) => size + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** @internal The bytes of {@link encodeSafetensors} in order: the header, then each tensor's own memory where it need not be narrowed. */
export function safetensorsParts(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries: [string, unknown][] = [];
  for (const [key, text] of Object.entries(checkMetadata(metadata))) {
    assertUnicode(`__metadata__.${showName(key)}`, key, text);
    if (entries.length === 0) entries.push(["__metadata__", metadata]);
  }
  let size = 0;
  const parts: Uint8Array[] = [];
  for (const [name, { shape, data, dtype = dtypeOf(name, data) }] of tensors) {
    if (name === "__metadata__") throw new SafetensorsError("__metadata__ is no name for a tensor");
    assertUnicode(showName(name), name);
    const count = checkShape(name, shape).reduce((product, n) => product * n, 1);
    if (count !== data.length) {
      throw new SafetensorsError(
        `${showName(name)}: ${showValue(shape)} holds ${count} values, got ${data.length}`,
      );
    }
    const narrows = dtype === "F16" && !(data instanceof Uint16Array);
    const { buffer, byteOffset, byteLength } = narrows ? toFloat16(data) : data;
    parts.push(new Uint8Array(buffer, byteOffset, byteLength));
    const end = size + byteLength;
    entries.push([name, { dtype, shape, data_offsets: [size, end] }]);
    size = end;
  }
  // Not an object: it would put names that are whole numbers first.
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return [header, ...parts];
}

/** JSON.stringify writes a lone surrogate as an escape, at which readers in other languages stop. */
function assertUnicode(what: string, ...texts: string[]): void {
  if (texts.every((text) => text.isWellFormed())) return;
  throw new SafetensorsError(
    `${what}: half of a surrogate pair is no Unicode text; toWellFormed() replaces it`,
  );
}

function dtypeOf(name: string, data: TensorToStore["data"]): SafetensorsDType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Uint16Array) return "F16";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Uint32Array) return "U32";
  throw new SafetensorsError(
    `${showName(name)}: values must be in a Float32Array, Int32Array, Uint32Array or Uint16Array (halves), got ` +
      `${(data as object).constructor.name}: convert them`,
  );
}
