/** @file Writes a manifest as an Arrow IPC file, whole or not at all. */
import { open, rename, rm } from "node:fs/promises";
import {
  Field,
  Float32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  makeData,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import type { Data, FixedSizeList } from "apache-arrow";
import { checkRows } from "./checkRows.ts";
import type { ManifestRow } from "./manifest.ts";
import { columnTypes } from "./manifestColumns.ts";

/**
 * Writes a manifest under a temporary name and renames it, so that a reader never sees half of one.
 * @param file where the manifest goes; its folder must exist
 * @param rows one row a frame
 * @param metadata strings for the Arrow schema's metadata
 * @throws Error if a row breaks a rule of the manifest (unknown label, repeated id ...)
 */
export async function writeManifest(
  file: string,
  rows: readonly ManifestRow[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  checkRows(rows, file);
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(tableToIPC(toTable(rows, metadata), "file"));
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

function toTable(rows: readonly ManifestRow[], metadata: Readonly<Record<string, string>>): Table {
  const names = Object.keys(columnTypes) as (keyof ManifestRow)[];
  const fields = names.map((name) => new Field(name, columnTypes[name], false));
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  if (rows.length === 0) return new Table(schema);
  const children = names.map((name) => columnData(name, rows));
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
  return new Table(schema, [new RecordBatch(schema, data)]);
}

function columnData(name: keyof ManifestRow, rows: readonly ManifestRow[]): Data {
  if (name === "box") return boxData(rows);
  const values = rows.map((row) => row[name]);
  return vectorFromArray(values, columnTypes[name]).data[0] as Data;
}

function boxData(rows: readonly ManifestRow[]): Data {
  const values = Float32Array.from(rows.flatMap((row) => row.box)); // [N * 4]
  const child = makeData({ type: new Float32(), data: values, nullCount: 0 });
  return makeData({
    type: columnTypes.box as FixedSizeList<Float32>,
    length: rows.length,
    nullCount: 0,
    child,
  });
}
