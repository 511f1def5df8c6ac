/** @file Writes a report as JSON, Markdown and one HTML page. */

import { join } from "node:path";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { writeAtomically } from "../scores/writeAtomically.ts";
import { renderHtml, type HtmlExtras } from "./renderHtml.ts";
import { renderMarkdown } from "./renderMarkdown.ts";
import type { CrossDomainReport } from "./report.ts";

/** Paths of the written files. */
export interface WrittenReport {
  readonly json: string;
  readonly markdown: string;
  readonly html: string;
}

/**
 * Writes `report.json`, `report.md` and `report.html`, each whole or not at all.
 *
 * @param folder made if missing
 * @param files the score files of the report's runs, in the same order
 */
export async function writeReport(
  folder: string,
  report: CrossDomainReport,
  files: readonly ScoreFile[],
  extras: HtmlExtras = {},
): Promise<WrittenReport> {
  const paths = {
    json: join(folder, "report.json"),
    markdown: join(folder, "report.md"),
    html: join(folder, "report.html"),
  };
  await writeAtomically(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  await writeAtomically(paths.markdown, renderMarkdown(report));
  await writeAtomically(paths.html, renderHtml(report, files, extras));
  return paths;
}
