/** @file The summary as text for a terminal. */
import { problemKinds } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import type { CountComparison, CountLine } from "./countRows.ts";

/**
 * Lays rows of cells out in columns; numbers stand to the right.
 * @param head the columns' names
 * @param rows cells
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const right = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        right[at] ? cell.padStart(widths[at] as number) : cell.padEnd(widths[at] as number),
      )
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...cells.slice(1).map(line)].join(
    "\n",
  );
}

/** The counts, with a line of totals. */
export function formatCounts(lines: readonly CountLine[]): string {
  const rows = lines.map((line) => [
    line.dataset, line.split, line.label, line.attack, line.subjects, line.videos, line.frames,
  ]); // prettier-ignore
  const sum = (pick: (line: CountLine) => number): number =>
    lines.reduce((total, line) => total + pick(line), 0);
  const table = formatTable(["dataset", "split", "label", "attack", "subjects", "videos", "frames"], rows);
  return `${table}\n${sum((line) => line.videos)} videos, ${sum((line) => line.frames)} frames`;
}

/** Published counts beside ours, and what differs. */
export function formatComparison(comparison: readonly CountComparison[]): string {
  const rows = comparison.map(({ label, split, unit, count, found, source }) => [
    `${split ?? "all"} ${label} ${unit}`,
    count,
    found,
    found === count ? "as published" : `${found > count ? "+" : ""}${found - count}`,
    source,
  ]);
  return formatTable(["published counts", "published", "found", "", "read in"], rows);
}

/** Problems with their first examples, and what was left out on purpose. */
export function formatReport(report: ProblemReport): string {
  const lines: string[] = [];
  for (const [kind, { count, examples }] of report.problems) {
    lines.push(`${count} ${kind}: ${problemKinds[kind]}`);
    for (const example of examples) lines.push(`    ${example}`);
    if (count > examples.length) lines.push(`    and ${count - examples.length} more`);
  }
  if (lines.length === 0) lines.push("no problems");
  for (const [reason, count] of report.skipped) lines.push(`left out: ${count} x ${reason}`);
  return lines.join("\n");
}
