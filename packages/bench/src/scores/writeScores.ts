/** @file Writes the scores of a run as an Arrow IPC file. */

import {
  Field,
  Float32,
  Int32,
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

/** The columns of a score file with their Arrow types. */
export const scoreColumns: Readonly<Record<keyof ScoreRow, DataType>> = {
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
  const entries = [...metadataKeys, ...optionalMetadataKeys].flatMap((key) => {
    const value = metadata[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const schema = new Schema(fields, new Map(entries));
  const vectors = Object.fromEntries(
    columns.map(([name, type]) => [
      name,
      vectorFromArray(
        rows.map((row) => row[name]),
        type,
      ) as Vector,
    ]),
  );
  await writeAtomically(path, tableToIPC(new Table(schema, vectors), "file"));
}
