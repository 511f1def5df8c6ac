/** @file `metrics.jsonl`: a line a step, cut back to the checkpoint where a run goes on. */

import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** One line: the step and whatever was measured then. */
export interface MetricsLine {
  readonly step: number;
  readonly [measure: string]: number | string;
}

/** Appends a line; it is on disk when this returns. */
export function appendMetrics(file: string, line: MetricsLine): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/**
 * Reads all whole lines; a last line that was cut off is left out.
 *
 * @throws Error that names a damaged line before the last
 */
export function readMetrics(file: string): MetricsLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  const cut = lines.pop() ?? "";
  return [...lines, ...(cut.endsWith("}") ? [cut] : [])].map((text, i) => {
    try {
      return JSON.parse(text) as MetricsLine;
    } catch (cause) {
      throw new Error(`${file}, line ${i + 1}, is not JSON: ${text.slice(0, 60)}`, { cause });
    }
  });
}

/** Drops what was logged after `step`, so that a resumed run does not log a step twice. */
export function truncateMetrics(file: string, step: number): void {
  const kept = readMetrics(file).filter((line) => line.step <= step);
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
  renameSync(temporary, file);
}
