/** @file Writes the ablation table as JSON, Markdown and LaTeX. */

import { join } from "node:path";
import type { ScoreFile } from "../scores/scoreFile.ts";
import { writeAtomically } from "../scores/writeAtomically.ts";
import type { AblationTable } from "./ablationTable.ts";
import { ablationNotes, renderAblationLatex, renderAblationMarkdown } from "./renderAblation.ts";

/**
 * Writes `ablation.json`, `ablation.md` and `ablation.tex`, each whole or not at all.
 *
 * @param files    whose metadata say where the scores come from
 * @param commands that make the table again
 * @param record   a further place for the JSON, such as a folder of results that is committed
 * @returns the paths, and the Markdown
 */
export async function writeAblation(
  folder: string,
  table: AblationTable,
  files: readonly ScoreFile[],
  commands: readonly string[],
  record?: string,
): Promise<{ readonly paths: readonly string[]; readonly markdown: string }> {
  const scoredAt = Object.fromEntries(
    (["commit", "adapter", "threads"] as const).map((key) => [
      key,
      [...new Set(files.map(({ metadata }) => metadata[key]))].join(", "),
    ]),
  ) as Record<"commit" | "adapter" | "threads", string>;
  const { commit, adapter, threads } = scoredAt;
  const seeds = [...new Set(files.map(({ metadata }) => metadata.seed))].toSorted(
    (a, b) => Number(a) - Number(b),
  );
  const markdown = renderAblationMarkdown(table);
  // Factors name their rows, which would stand twice otherwise.
  const json = {
    commands,
    scoredAt,
    seeds,
    notes: ablationNotes,
    factors: table.factors.map(({ name, title, rows }) => ({
      name,
      title,
      levels: rows.map(({ level, title: levelTitle, paper, row }) => ({
        level,
        title: levelTitle,
        paper,
        method: row.method,
      })),
    })),
    settings: table.settings,
  };
  const text = `${JSON.stringify(json, null, 1)}\n`;
  const [jsonFile, markdownFile, latexFile] = ["json", "md", "tex"].map((ending) =>
    join(folder, `ablation.${ending}`),
  ) as [string, string, string];
  const written: [string, string][] = [
    [jsonFile, text],
    [
      markdownFile,
      `## Ablations\n\n${markdown}\nScored at commit ${commit} on ${adapter}, ${threads} threads; seeds ${seeds.join(", ")}.\n\n\`\`\`sh\n${commands.join("\n")}\n\`\`\`\n`,
    ],
    [latexFile, renderAblationLatex(table)],
    ...(record === undefined ? [] : [[record, text] as [string, string]]),
  ];
  for (const [file, content] of written) await writeAtomically(file, content);
  return { paths: written.map(([file]) => file), markdown };
}
