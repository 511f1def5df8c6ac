/** @file Reads a score file back and checks it. */

import { tableFromIPC, type Table } from "apache-arrow";
import { readFile } from "node:fs/promises";
import {
  assertScoreRows,
  metadataKeys,
  optionalMetadataKeys,
  type ScoreFile,
  type ScoreMetadata,
  type ScoreRow,
} from "./scoreFile.ts";
import { ScoreFileError } from "./scoreFileError.ts";
import { attentionColumn, scoreColumns } from "./writeScores.ts";

/**
 * Reads and validates a score file.
 *
 * @throws ScoreFileError if the file is missing, cut short, not Arrow, lacks a column or metadata, or holds a row
 *   that no metric should see
 */
export async function readScores(path: string): Promise<ScoreFile> {
  const table = parse(path, await load(path));
  const expected = [...Object.entries(scoreColumns), [attentionColumn.name, attentionColumn.type] as const];
  for (const [name, type] of expected) {
    const field = table.schema.fields.find((candidate) => candidate.name === name);
    const wanted = String(type);
    if (!field && name === attentionColumn.name) continue;
    if (!field) throw new ScoreFileError(`[readScores] ${path} has no column "${name}" (${wanted}).`);
    if (String(field.type) !== wanted) {
      throw new ScoreFileError(
        `[readScores] ${path}: column "${name}" must be ${wanted}, got ${field.type}.`,
      );
    }
  }
  const optional: readonly string[] = optionalMetadataKeys;
  const metadata = Object.fromEntries(
    [...metadataKeys, ...optionalMetadataKeys].flatMap((key) => {
      const value = table.schema.metadata.get(key);
      if (value === undefined && optional.includes(key)) return [];
      if (value === undefined) throw new ScoreFileError(`[readScores] ${path}: the metadata lack "${key}".`);
      return [[key, value]];
    }),
  ) as unknown as ScoreMetadata;
  const columns = Object.keys(scoreColumns).map((name) => [name, table.getChild(name)!] as const);
  const attention = table.getChild(attentionColumn.name);
  const rows = Array.from({ length: table.numRows }, (_, index) => {
    const row = Object.fromEntries(columns.map(([name, column]) => [name, column.get(index)]));
    const shares: unknown = attention?.get(index)?.toArray();
    return shares ? { ...row, patchAttention: shares } : row;
  }) as unknown as ScoreRow[];
  assertScoreRows(rows, path);
  return { metadata, rows };
}

async function load(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ScoreFileError(`[readScores] cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parse(path: string, bytes: Uint8Array): Table {
  const magic = (from: number) => Buffer.from(bytes.subarray(from, from + 6)).toString("latin1");
  // Arrow's reader takes a file without its footer for a stream and returns whatever rows are left.
  if (bytes.length < 12 || magic(0) !== "ARROW1" || magic(bytes.length - 6) !== "ARROW1") {
    throw new ScoreFileError(
      `[readScores] ${path} is not a whole Arrow file (${bytes.length} bytes): cut short, or another format. Score again.`,
    );
  }
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    throw new ScoreFileError(`[readScores] ${path} is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
