/** @file Captions that another program wrote, by frame id. */
import { readFile } from "node:fs/promises";
import { csvRows } from "../loaders/csvRows.ts";

/**
 * Reads `id,caption` from CSV with a header, or from JSON lines (`.jsonl`, `.ndjson`) with these names.
 * @param file other columns and names are passed over
 * @returns caption by id, trimmed
 * @throws Error that names the line: no such column, an id twice, an empty caption, a line that is not JSON
 */
export async function readCaptionFile(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`[captions] cannot read ${file}: ${cause.message}`, { cause });
  });
  const entries = /\.(jsonl|ndjson)$/i.test(file) ? jsonEntries(text, file) : csvEntries(text, file);
  const captions = new Map<string, string>();
  for (const { id, caption, place } of entries) {
    const said = typeof caption === "string" ? caption.trim() : "";
    if (typeof id !== "string" || id === "") throw new Error(`[captions] ${place} has no id`);
    if (said === "") throw new Error(`[captions] ${place} has no caption for "${id}"; leave such frames out`);
    if (captions.has(id)) throw new Error(`[captions] ${place} repeats the id "${id}"`);
    captions.set(id, said);
  }
  if (captions.size === 0) throw new Error(`[captions] ${file} holds no captions`);
  return captions;
}

interface Entry {
  readonly id: unknown;
  readonly caption: unknown;
  readonly place: string;
}

function csvEntries(text: string, file: string): Entry[] {
  const [head = [], ...rows] = csvRows(text.replace(/^\uFEFF/, ""));
  const id = head.indexOf("id");
  const caption = head.indexOf("caption");
  if (id < 0 || caption < 0) {
    throw new Error(`[captions] ${file} must begin with the columns id and caption, got ${head.join(", ")}`);
  }
  return rows.map((row, i) => ({ id: row[id], caption: row[caption], place: `${file}, row ${i + 2}` }));
}

function jsonEntries(text: string, file: string): Entry[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const place = `${file}, line ${i + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new Error(`[captions] ${place} is not JSON: ${line.slice(0, 80)}`, { cause });
    }
    const { id, caption } = (value ?? {}) as Partial<Entry>;
    return [{ id, caption, place }];
  });
}
