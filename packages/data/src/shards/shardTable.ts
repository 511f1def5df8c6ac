/** @file The Arrow form of a shard: crops as bytes, beside what a sampler must know of each. */
import {
  Field,
  FixedSizeBinary,
  Float32,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  makeData,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import type { Data, DataType } from "apache-arrow";
import type { CropSource } from "../crops/cropFace.ts";
import type { ManifestRow } from "../manifest/manifest.ts";

/** The manifest's columns that a shard repeats; the others are found by the id. */
export const sharedColumns = [
  "id", "dataset", "split", "subject", "video", "label", "attack", "attackCode",
] as const; // prettier-ignore

/** One crop's row in a shard. */
export interface ShardRow extends Pick<ManifestRow, (typeof sharedColumns)[number] | "frame"> {
  source: CropSource;
  score: number;
}

/**
 * Encodes a shard.
 * @param rows what is known of each crop
 * @param pixels [N, size, size, 3]
 * @param size edge of a crop in pixels
 * @param metadata strings for the schema
 * @returns an Arrow IPC file
 */
export function encodeShard(
  rows: readonly ShardRow[],
  pixels: Uint8Array,
  size: number,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const columns: [string, Data][] = [...sharedColumns, "source" as const].map((name) => [
    name,
    vectorFromArray(
      rows.map((row) => row[name]),
      new Utf8(),
    ).data[0] as Data,
  ]);
  const numbers = { length: rows.length, nullCount: 0 };
  columns.push(
    ["frame", makeData({ type: new Int32(), data: Int32Array.from(rows, (row) => row.frame), ...numbers })],
    [
      "score",
      makeData({ type: new Float32(), data: Float32Array.from(rows, (row) => row.score), ...numbers }),
    ],
    ["pixels", makeData({ type: new FixedSizeBinary(size * size * 3), data: pixels, ...numbers })],
  );
  const fields = columns.map(([name, data]) => new Field(name, data.type as DataType, false));
  const schema = new Schema(fields, new Map(Object.entries(metadata)));
  if (rows.length === 0) return tableToIPC(new Table(schema), "file");
  const children = columns.map(([, data]) => data);
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
  return tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), "file");
}
