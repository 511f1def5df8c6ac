/** @file Foreign scores from a CSV file, so that other systems are judged by the same code. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { assertScoreRows, type ScoreFile, type ScoreRow } from "./scoreFile.ts";
import { ScoreFileError } from "./scoreFileError.ts";

const columns = {
  required: ["label", "score"],
  optional: ["id", "dataset", "split", "subject", "video", "frame", "attack", "sentence"],
} as const;

type Column = (typeof columns.required)[number] | (typeof columns.optional)[number];

/**
 * Reads comma-separated scores with a header line.
 *
 * Required: `label` (`live` or `spoof`, as words), `score` (P(live) in [0, 1]), and `id` or both `video` and `frame`,
 * which with the data set then make the id. Optional, with what stands in for them: `dataset` ("foreign"), `split`
 * ("test"), `subject` (the video) and `video` (the id), `frame` (0), `attack` ("none" for live, "unknown" for spoof),
 * `sentence` (none). Quotes as in RFC 4180.
 *
 * @param path file in UTF-8
 * @param method name under which the scores are reported; default the file's name
 * @throws ScoreFileError that names the line, the value and what is expected
 */
export async function readScoreCsv(path: string, method = basename(path, ".csv")): Promise<ScoreFile> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new ScoreFileError(`[readScoreCsv] cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  const [head = [], ...lines] = parseCsv(text.replace(/^\uFEFF/, ""), path);
  const names = head.map((name) => name.trim());
  const known: readonly string[] = [...columns.required, ...columns.optional];
  for (const name of columns.required) {
    if (!names.includes(name)) {
      throw new ScoreFileError(
        `[readScoreCsv] ${path} has no column "${name}"; its header is ${names.join(",")}.`,
      );
    }
  }
  if (!names.includes("id") && !(names.includes("video") && names.includes("frame"))) {
    throw new ScoreFileError(
      `[readScoreCsv] ${path} has no column "id", nor "video" and "frame" in its place; its header is ${names.join(",")}.`,
    );
  }
  const unknown = names.find((name, index) => !known.includes(name) || names.indexOf(name) !== index);
  if (unknown !== undefined) {
    throw new ScoreFileError(
      `[readScoreCsv] ${path}: column "${unknown}" is unknown or occurs twice; known are ${known.join(", ")}.`,
    );
  }
  const rows = lines.map((cells, index) => {
    if (cells.length !== names.length) {
      throw new ScoreFileError(
        `[readScoreCsv] ${path}, record ${index + 2}: ${cells.length} cells under ${names.length} heads.`,
      );
    }
    return toRow(
      Object.fromEntries(names.map((name, column) => [name, cells[column]!.trim()])),
      path,
      index + 2,
    );
  });
  assertScoreRows(rows, path);
  const unstated = "not stated";
  const metadata = {
    method,
    seed: unstated,
    checkpoint: path,
    adapter: unstated,
    threads: unstated,
    commit: unstated,
  };
  return { metadata, rows };
}

function toRow(cells: Partial<Record<Column, string>>, path: string, line: number): ScoreRow {
  const { label = "" } = cells;
  const dataset = cells.dataset || "foreign";
  const id = cells.id ?? (cells.video && cells.frame ? `${dataset}/${cells.video}/${cells.frame}` : "");
  const number = (column: "score" | "frame", text: string) => {
    // Number("") is 0: a missing score must not become a confident spoof.
    if (text !== "" && Number.isFinite(Number(text))) return Number(text);
    throw new ScoreFileError(`[readScoreCsv] ${path}, record ${line}: ${column} "${text}" is not a number.`);
  };
  if (id === "")
    throw new ScoreFileError(
      `[readScoreCsv] ${path}, record ${line}: the id (or the video or frame in its place) is empty.`,
    );
  return {
    id,
    dataset,
    split: (cells.split || "test") as ScoreRow["split"],
    subject: cells.subject || cells.video || id,
    video: cells.video || id,
    frame: cells.frame ? number("frame", cells.frame) : 0,
    label: label as ScoreRow["label"],
    attack: cells.attack || (label === "spoof" ? "unknown" : "none"),
    score: number("score", cells.score ?? ""),
    sentence: cells.sentence || null,
  };
}

function parseCsv(text: string, path: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at]!;
      else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === ",") {
      record.push(cell);
      cell = "";
    } else if (character === "\n") {
      records.push([...record, cell.replace(/\r$/, "")]);
      record = [];
      cell = "";
    } else cell += character;
  }
  if (quoted)
    throw new ScoreFileError(
      `[readScoreCsv] ${path} ends inside quotes; it is cut short or a quote is lost.`,
    );
  if (cell !== "" || record.length > 0) records.push([...record, cell]);
  return records.filter((cells) => cells.some((value) => value.trim() !== ""));
}
