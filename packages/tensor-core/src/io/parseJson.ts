/** @file JSON of files that others wrote: whatever says one thing twice is refused. */

import { SafetensorsError } from "./safetensorsError.ts";
import { showName } from "./showValue.ts";

/**
 * Reads the value of a JSON text.
 *
 * @param what what errors call the text, such as "the header"
 * @throws SafetensorsError if the bytes are no UTF-8, the text is no JSON, or an object in it has a key twice: JSON.parse
 *   would take the last one silently
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(`${what} is no JSON: ${(cause as Error).message}`, { cause });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new SafetensorsError(`${what} has ${showName(repeated)} twice`);
  return value;
}

/** True for an object of a JSON text that is no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The first key that an object of a valid JSON text has twice. Strings may be as long as the text: they are skipped
 * by `indexOf`, since a regular expression would run out of stack on them.
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
