/** @file The rules that every manifest row must keep, and the report on subjects that cross splits. */
import { attacks, labels, splits } from "./manifest.ts";
import type { ManifestRow } from "./manifest.ts";

/**
 * Checks rows before they are written and after they are read.
 * @param rows the manifest's rows
 * @param source the file's name, for the message
 * @throws Error that names the first broken row, its value and what is allowed
 */
export function checkRows(rows: readonly ManifestRow[], source: string): void {
  const seen = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const where = `[manifest] ${source}: row ${index} (id "${row.id}")`;
    const earlier = seen.get(row.id);
    if (earlier !== undefined) {
      throw new Error(`${where} repeats the id of row ${earlier}; ids must be unique`);
    }
    seen.set(row.id, index);
    checkWord(row.split, splits, "split", where);
    checkWord(row.label, labels, "label", where);
    checkWord(row.attack, attacks, "attack", where);
    if ((row.label === "live") !== (row.attack === "none")) {
      throw new Error(
        `${where} has label "${row.label}" with attack "${row.attack}"; live frames have "none", spoof frames another`,
      );
    }
    for (const column of ["id", "dataset", "subject", "video", "path"] as const) {
      if (!row[column]) throw new Error(`${where} has an empty ${column}`);
    }
    if (row.path.startsWith("/") || row.path.split("/").includes("..")) {
      throw new Error(`${where} has path "${row.path}"; it must stay inside the manifest's folder`);
    }
    for (const column of ["frame", "width", "height"] as const) {
      const least = column === "frame" ? 0 : 1;
      if (!Number.isInteger(row[column]) || row[column] < least) {
        throw new Error(`${where} has ${column} ${row[column]}; it must be an integer of at least ${least}`);
      }
    }
    if (row.box.length !== 4 || !row.box.every(Number.isFinite)) {
      throw new Error(`${where} has box [${row.box.join(", ")}]; it must be [x, y, width, height] in pixels`);
    }
    if (!/^[0-9a-f]{64}$/.test(row.sha256)) {
      throw new Error(`${where} has sha256 "${row.sha256}"; it must be 64 lower-case hexadecimal digits`);
    }
  }
}

/**
 * Names the subjects that stand in more than one split of their data set: scores on them say nothing of new people.
 * @param rows the manifest's rows
 * @returns one sentence a data set that has such subjects
 */
export function subjectsInSeveralSplits(rows: readonly ManifestRow[]): string[] {
  const splitsOf = new Map<string, Map<string, Set<string>>>();
  for (const row of rows) {
    const subjects = splitsOf.get(row.dataset) ?? new Map<string, Set<string>>();
    splitsOf.set(row.dataset, subjects);
    const found = subjects.get(row.subject) ?? new Set<string>();
    subjects.set(row.subject, found.add(row.split));
  }
  const reports: string[] = [];
  for (const [dataset, subjects] of splitsOf) {
    const crossing = [...subjects].filter(([, found]) => found.size > 1);
    if (crossing.length === 0) continue;
    const named = crossing.slice(0, 3).map(([subject, found]) => `${subject} (${[...found].join(", ")})`);
    const rest = crossing.length > 3 ? ` and ${crossing.length - 3} more` : "";
    const count = crossing.length === 1 ? "1 subject stands" : `${crossing.length} subjects stand`;
    reports.push(`${dataset}: ${count} in more than one split: ${named.join("; ")}${rest}`);
  }
  return reports;
}

function checkWord(value: string, allowed: readonly string[], column: string, where: string): void {
  if (!allowed.includes(value)) {
    throw new Error(`${where} has ${column} "${value}"; allowed are ${allowed.join(", ")}`);
  }
}
