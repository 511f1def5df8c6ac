/** @file A caption stage's work, a line a frame: what was done stays, whatever ends the process. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One captioned frame. */
export interface CaptionRecord {
  readonly id: string;
  readonly caption: string;
  /** What the captioner drew, where it is the noisy one. */
  readonly drawn?: { readonly items: number; readonly missed: number; readonly foreign?: string };
}

/** An open journal. */
export interface CaptionJournal {
  /** By frame id, in the order in which they were done. */
  readonly records: ReadonlyMap<string, CaptionRecord>;
  /** Adds a record, on disk before the call returns. */
  add(record: CaptionRecord): void;
  close(): void;
}

/**
 * Opens a journal of JSON lines, or begins one. Its first line holds the settings that its captions were made with.
 * @param file its folder is made
 * @param settings plain JSON; the order of its names counts
 * @throws Error if the file was made with other settings, or a line of it is no record
 */
export function openCaptionJournal(
  file: string,
  settings: Readonly<Record<string, unknown>>,
): CaptionJournal {
  mkdirSync(dirname(file), { recursive: true });
  const header = JSON.stringify(settings);
  const lines = existsSync(file) ? wholeLines(file) : [];
  if (lines.length === 1 && lines[0] !== header) {
    // No work is lost, as where a model's name was misspelt.
    truncateSync(file, 0);
  } else if (lines.length > 0 && lines[0] !== header) {
    throw new Error(
      `[captions] ${file} was made with other settings: ${lines[0]}, and now they are ${header}; ` +
        "give another folder with --work, or delete the file",
    );
  }
  const records = recordsOf(lines, file);
  const handle = openSync(file, "a");
  if (fstatSync(handle).size === 0) writeSync(handle, `${header}\n`);
  return {
    records,
    add(record) {
      writeSync(handle, `${JSON.stringify(record)}\n`);
      records.set(record.id, record);
    },
    close: () => closeSync(handle),
  };
}

/**
 * Reads the journal of a stage that was run before.
 * @param file a journal
 * @returns the settings that it was made with, and its records by frame id
 * @throws Error if there is none yet, or a line of it is no record
 */
export function readCaptionJournal(file: string): {
  settings: Record<string, unknown>;
  records: ReadonlyMap<string, CaptionRecord>;
} {
  const lines = existsSync(file) ? wholeLines(file) : [];
  if (lines[0] === undefined)
    throw new Error(`[captions] there is no ${file} yet; run the stage before this one`);
  return { settings: JSON.parse(lines[0]) as Record<string, unknown>, records: recordsOf(lines, file) };
}

function recordsOf(lines: readonly string[], file: string): Map<string, CaptionRecord> {
  const records = new Map<string, CaptionRecord>();
  for (const [i, line] of lines.slice(1).entries()) {
    const record = parseRecord(line, `${file}:${i + 2}`);
    records.set(record.id, record);
  }
  return records;
}

/** The lines; one that an end of the process cut short is taken off. */
function wholeLines(file: string): string[] {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length) truncateSync(file, end);
  return bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
}

function parseRecord(line: string, place: string): CaptionRecord {
  try {
    const record = JSON.parse(line) as CaptionRecord;
    if (typeof record.id === "string" && typeof record.caption === "string") return record;
  } catch {
    // The message below says all that is known.
  }
  throw new Error(`[captions] ${place} is no caption record: ${line.slice(0, 80)}; delete that line`);
}
