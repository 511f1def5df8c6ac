/** @file The header of a safetensors file, checked: https://huggingface.co/docs/safetensors, section "Format". */

import { isRecord, parseJson } from "./parseJson.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import { showName, showValue } from "./showValue.ts";

/** Bits per element of every dtype that the format knows: `Dtype` of the reference reader, the safetensors crate. */
const bitsOf = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** A dtype, by the format's name. */
export type SafetensorsDType = keyof typeof bitsOf;

/** Where a tensor lies. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** First byte and the one after the last, counted from the start of the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

const lengthBytes = 8;
/** The reference reader's bound on the header. */
const maxHeaderBytes = 100_000_000;
const openingBrace = 0x7b;

/**
 * Bytes from the start of the file to the end of its header.
 *
 * @param bytes the first eight bytes of the file, or more
 * @param size  bytes of the whole file
 * @throws SafetensorsError if the header cannot be that long
 */
export function headerEnd(bytes: Uint8Array, size: number): number {
  if (bytes.length < lengthBytes) {
    throw new SafetensorsError(
      `the file has ${bytes.length} bytes; a safetensors file starts with 8 of length`,
    );
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true));
  if (length > maxHeaderBytes || lengthBytes + length > size) {
    throw new SafetensorsError(
      `the header claims ${length} bytes; the file has ${size - lengthBytes} after the length: ` +
        "it is cut off, or no safetensors file",
    );
  }
  return lengthBytes + length;
}

/**
 * Reads and checks the header.
 *
 * @param bytes the file, or at least its header
 * @param size  bytes of the whole file
 * @throws SafetensorsError if the header is cut, is no JSON of the format's form, or does not describe every byte once
 */
export function parseHeader(bytes: Uint8Array, size = bytes.length): SafetensorsHeader {
  const dataStart = headerEnd(bytes, Math.min(size, bytes.length));
  const json = parseJson(bytes.subarray(lengthBytes, dataStart), "the header");
  if (!isRecord(json) || bytes[lengthBytes] !== openingBrace) {
    throw new SafetensorsError("the header must be a JSON object that starts with {");
  }
  const metadata = checkMetadata(json["__metadata__"]);
  const entries = Object.entries(json)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => checkEntry(name, value, dataStart));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = dataStart;
  for (const { name, start, end } of entries) {
    if (end > size) {
      throw new SafetensorsError(
        `${showName(name)} ends at byte ${end} of a file of ${size}: the file is cut off`,
      );
    }
    if (start < at) {
      throw new SafetensorsError(`${showName(name)} overlaps the tensor before it by ${at - start} bytes`);
    }
    if (start > at) {
      throw new SafetensorsError(`${start - at} bytes before ${showName(name)} belong to no tensor`);
    }
    at = end;
  }
  if (at !== size)
    throw new SafetensorsError(`${size - at} bytes at the end of the file belong to no tensor`);
  return { entries, metadata };
}

/**
 * @internal The free text of a header.
 *
 * @throws SafetensorsError if it is no object of strings
 */
export function checkMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new SafetensorsError("__metadata__ must be an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new SafetensorsError(`__metadata__.${showName(key)} must be a string, got ${showValue(text)}`);
    }
  }
  return value as Record<string, string>;
}

/**
 * @internal The sizes of a tensor.
 *
 * @throws SafetensorsError if they are no list of whole numbers
 */
export function checkShape(name: string, shape: unknown): number[] {
  if (isCounts(shape)) return shape;
  throw new SafetensorsError(`${showName(name)}: shape must be whole numbers >= 0, got ${showValue(shape)}`);
}

function checkEntry(name: string, value: unknown, dataStart: number): TensorEntry {
  const fail = (why: string): never => {
    throw new SafetensorsError(`${showName(name)}: ${why}`);
  };
  if (!isRecord(value)) return fail("must be an object of dtype, shape and data_offsets");
  const { dtype, shape: sizes, data_offsets: offsets, ...rest } = value;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) fail(`has an unknown field ${showName(unknown)}`);
  if (typeof dtype !== "string" || !Object.hasOwn(bitsOf, dtype)) {
    return fail(`dtype must be one of ${Object.keys(bitsOf).join(", ")}, got ${showValue(dtype)}`);
  }
  const shape = checkShape(name, sizes);
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`data_offsets must be two whole numbers >= 0, got ${showValue(offsets)}`);
  }
  const [start, end] = offsets as [number, number];
  if (end < start) fail(`data_offsets end at ${end}, before their start ${start}`);
  const expected = (shape.reduce((product, n) => product * n, 1) * bitsOf[dtype as SafetensorsDType]) / 8;
  if (expected !== end - start) {
    fail(`${showValue(shape)} ${dtype} takes ${expected} bytes, data_offsets span ${end - start}`);
  }
  return {
    name,
    dtype: dtype as SafetensorsDType,
    shape,
    start: dataStart + start,
    end: dataStart + end,
  };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
