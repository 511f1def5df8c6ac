/** @file Writes the scores of a run as an Arrow IPC file. */

import {
  Field,
  Float32,
  Int32,
  List,
  Schema,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
  type DataType,
  type Vector,
} from "apache-arrow";
import {
  assertScoreRows,
  metadataKeys,
  optionalMetadataKeys,
  type ScoreFile,
  type ScoreRow,
} from "./scoreFile.ts";
import { writeAtomically } from "./writeAtomically.ts";

/** The columns that every score file has, with their Arrow types. */
export const scoreColumns: Readonly<Record<Exclude<keyof ScoreRow, "patchAttention">, DataType>> = {
  id: new Utf8(),
  dataset: new Utf8(),
  split: new Utf8(),
  subject: new Utf8(),
  video: new Utf8(),
  frame: new Int32(),
  label: new Utf8(),
  attack: new Utf8(),
  score: new Float32(),
  sentence: new Utf8(),
};

/** A column that older and foreign score files lack; null for frames whose attention was not kept. */
export const attentionColumn = new Field(
  "patchAttention",
  new List(new Field("share", new Float32(), false)),
  true,
);

/**
 * Writes the file whole or not at all.
 *
 * @param path target, by convention `scores/<method>-seed<seed>.arrow`
 * @throws ScoreFileError if a row could not be judged
 */
export async function writeScores(path: string, { metadata, rows }: ScoreFile): Promise<void> {
  assertScoreRows(rows, path);
  const columns = Object.entries(scoreColumns) as [keyof ScoreRow, DataType][];
  const fields = columns.map(([name, type]) => new Field(name, type, name === "sentence"));
  const attention = rows.map((row) => row.patchAttention ?? null);
  const entries = [...metadataKeys, ...optionalMetadataKeys].flatMap((key) => {
    const value = metadata[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const schema = new Schema([...fields, attentionColumn], new Map(entries));
  const vectors = Object.fromEntries(
    columns.map(([name, type]) => [
      name,
      vectorFromArray(
        rows.map((row) => row[name]),
        type,
      ) as Vector,
    ]),
  );
  vectors[attentionColumn.name] = vectorFromArray(attention, attentionColumn.type);
  await writeAtomically(path, tableToIPC(new Table(schema, vectors), "file"));
}
