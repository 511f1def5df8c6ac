/** @file Reads a manifest and says in one sentence what is wrong with a broken one. */
import { readFile } from "node:fs/promises";
import { DataType, tableFromIPC } from "apache-arrow";
import type { Table } from "apache-arrow";
import { checkRows, subjectsInSeveralSplits } from "./checkRows.ts";
import type { Manifest, ManifestRow } from "./manifest.ts";
import { columnTypes, integerColumns, textColumns } from "./manifestColumns.ts";

const magic = "ARROW1";

/**
 * Reads a manifest and checks every row.
 * @param file an Arrow IPC file that {@link writeManifest} or another program wrote
 * @returns rows, metadata, and warnings such as a subject in two splits
 * @throws Error that names the cause: no such file, not Arrow, cut off, a missing column, a bad row
 */
export async function readManifest(file: string): Promise<Manifest> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === "ENOENT" ? "no such file" : error.message;
    throw new Error(`[manifest] cannot read ${file}: ${cause}`, { cause: error });
  });
  const table = parseTable(bytes, file);
  checkColumns(table, file);
  const rows = toRows(table, file);
  checkRows(rows, file);
  return {
    rows,
    metadata: Object.fromEntries(table.schema.metadata),
    warnings: subjectsInSeveralSplits(rows),
  };
}

function parseTable(bytes: Buffer, file: string): Table {
  const head = bytes.subarray(0, magic.length).toString("latin1");
  if (head !== magic) {
    const size = bytes.length === 0 ? "it is empty" : `it starts with ${JSON.stringify(head)}`;
    throw new Error(`[manifest] ${file} is no Arrow IPC file (${size}); a manifest starts with "${magic}"`);
  }
  if (bytes.length < 2 * magic.length || bytes.subarray(-magic.length).toString("latin1") !== magic) {
    throw new Error(
      `[manifest] ${file} is cut off: its ${bytes.length} bytes do not end with "${magic}"; make it again`,
    );
  }
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    throw new Error(`[manifest] ${file} is damaged: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function checkColumns(table: Table, file: string): void {
  const fields = new Map(table.schema.fields.map((field) => [field.name, field.type as DataType]));
  const missing = Object.keys(columnTypes).filter((name) => !fields.has(name));
  if (missing.length > 0) {
    throw new Error(
      `[manifest] ${file} lacks the ${missing.length === 1 ? "column" : "columns"} ${missing.join(", ")}; ` +
        `it has ${[...fields.keys()].join(", ") || "none"}`,
    );
  }
  for (const [name, type] of Object.entries(columnTypes)) {
    const found = fields.get(name) as DataType;
    // Other writers store words as dictionaries; their values read as the same strings.
    const value = DataType.isDictionary(found) ? (found.dictionary as DataType) : found;
    if (value.toString() !== type.toString()) {
      throw new Error(`[manifest] ${file}: column ${name} must be ${type}, got ${found}`);
    }
  }
}

function toRows(table: Table, file: string): ManifestRow[] {
  const rows: Record<string, unknown>[] = Array.from({ length: table.numRows }, () => ({}));
  for (const name of [...textColumns, ...integerColumns, "box"] as const) {
    const column = table.getChild(name);
    for (let i = 0; i < rows.length; i++) {
      const value: unknown = column?.get(i);
      if (value === null || value === undefined) {
        throw new Error(`[manifest] ${file}: row ${i} has no ${name}; no column may hold nulls`);
      }
      (rows[i] as Record<string, unknown>)[name] = name === "box" ? [...(value as Iterable<number>)] : value;
    }
  }
  return rows as unknown as ManifestRow[];
}
