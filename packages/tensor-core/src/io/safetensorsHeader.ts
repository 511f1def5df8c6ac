/** @file The header of a safetensors file, checked: https://huggingface.co/docs/safetensors, section "Format". */

import { SafetensorsError } from "./safetensorsError.ts";

/** Bytes per element of every dtype that the format knows. */
const bytesOf = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** A dtype, by the format's name. */
export type SafetensorsDType = keyof typeof bytesOf;

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
  const json = parseJson(bytes.subarray(lengthBytes, dataStart));
  const metadata = checkMetadata(json["__metadata__"]);
  const entries = Object.entries(json)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => checkEntry(name, value, dataStart));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = dataStart;
  for (const { name, start, end } of entries) {
    if (end > size) {
      throw new SafetensorsError(`${name} ends at byte ${end} of a file of ${size}: the file is cut off`);
    }
    if (start < at)
      throw new SafetensorsError(`${name} overlaps the tensor before it by ${at - start} bytes`);
    if (start > at) throw new SafetensorsError(`${start - at} bytes before ${name} belong to no tensor`);
    at = end;
  }
  if (at !== size)
    throw new SafetensorsError(`${size - at} bytes at the end of the file belong to no tensor`);
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(`the header is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(value) || !text.startsWith("{")) {
    throw new SafetensorsError("the header must be a JSON object that starts with {");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new SafetensorsError(`the header has ${repeated} twice`);
  return value;
}

/**
 * The first key that an object of a valid JSON text has twice; JSON.parse takes the last one silently. Strings may be as
 * long as the header: they are skipped by `indexOf`, since a regular expression would run out of stack on them.
 */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "{") open.push(new Set());
    else if (sign === "}") open.pop();
    if (sign !== '"') continue;
    const start = at;
    at = closingQuote(text, start);
    if (!isKey(text, at)) continue;
    const key = JSON.parse(text.slice(start, at + 1)) as string;
    if (open.at(-1)?.has(key)) return key;
    open.at(-1)?.add(key);
  }
  return undefined;
}

/** Where the string that begins at `start` ends: at the next quote that an even number of backslashes stand before. */
function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** True if a colon follows the string that ends at `end`: nothing but white space may stand between. */
function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (" \t\n\r".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}

function checkMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new SafetensorsError("__metadata__ must be an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw new SafetensorsError(`__metadata__.${key} must be a string`);
  }
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, dataStart: number): TensorEntry {
  const fail = (why: string): never => {
    throw new SafetensorsError(`${name}: ${why}`);
  };
  if (!isRecord(value)) return fail("must be an object of dtype, shape and data_offsets");
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) fail(`has an unknown field ${unknown}`);
  if (typeof dtype !== "string" || !Object.hasOwn(bytesOf, dtype)) {
    return fail(`dtype must be one of ${Object.keys(bytesOf).join(", ")}, got ${JSON.stringify(dtype)}`);
  }
  if (!isCounts(shape)) return fail(`shape must be whole numbers >= 0, got ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    return fail(`data_offsets must be two whole numbers >= 0, got ${JSON.stringify(offsets)}`);
  }
  const [start, end] = offsets as [number, number];
  if (end < start) fail(`data_offsets end at ${end}, before their start ${start}`);
  const expected = shape.reduce((product, n) => product * n, bytesOf[dtype as SafetensorsDType]);
  if (expected !== end - start) {
    fail(`[${shape.join(", ")}] ${dtype} takes ${expected} bytes, data_offsets span ${end - start}`);
  }
  return {
    name,
    dtype: dtype as SafetensorsDType,
    shape,
    start: dataStart + start,
    end: dataStart + end,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
