/** @file Writes method tables as JSON, Markdown and LaTeX. */

import { join } from "node:path";
import type { TrainingCost } from "../protocols/jobs/readTrainings.ts";
import type { ScoreMetadata } from "../scores/scoreFile.ts";
import { writeAtomically } from "../scores/writeAtomically.ts";
import type { MethodTable } from "./methodTable.ts";
import { markdownTable, renderMethodLatex, renderMethodMarkdown } from "./renderMethodTable.ts";

/** Options of {@link writeMethodTables}. */
export interface WriteMethodTablesOptions {
  /** The protocol's title. */
  readonly title: string;
  /** What the scores were made by. */
  readonly scoredBy: Pick<ScoreMetadata, "commit" | "adapter" | "threads">;
  /** Commands that make the tables again. */
  readonly commands: readonly string[];
  /** What a reader must know. */
  readonly foldNotes: readonly string[];
  /** What each training cost, by method. */
  readonly trainings?: ReadonlyMap<string, TrainingCost> | undefined;
}

/** Writes `table.json`, `table.md` and `table.tex`, each whole or not at all. */
export async function writeMethodTables(
  folder: string,
  table: MethodTable,
  options: WriteMethodTablesOptions,
): Promise<{ readonly json: string; readonly markdown: string; readonly latex: string }> {
  const rendered = table.columns.every(({ target }) => /^D\d+$/.test(target));
  const paths = {
    json: join(folder, "table.json"),
    markdown: join(folder, "table.md"),
    latex: join(folder, "table.tex"),
  };
  const { commit, adapter, threads } = options.scoredBy;
  const markdown = [
    `## ${options.title}`,
    rendered
      ? "> **Rendered domains.** These figures show that the method and the pipeline work. They are no evidence of accuracy on any real data set."
      : "",
    renderMethodMarkdown(table).trimEnd(),
    renderTrainings(options.trainings),
    options.foldNotes.map((note) => `- ${note}`).join("\n"),
    `Scored at commit ${commit} on ${adapter}, ${threads} threads.`,
    options.commands.length === 0 ? "" : `\`\`\`sh\n${options.commands.join("\n")}\n\`\`\``,
  ].filter((part) => part !== "");
  const { title, commands, foldNotes, trainings = new Map<string, TrainingCost>() } = options;
  await writeAtomically(
    paths.json,
    `${JSON.stringify({ title, commands, foldNotes, rendered, scoredAt: { commit, adapter, threads }, trainings: Object.fromEntries(trainings), ...table }, null, 1)}\n`,
  );
  await writeAtomically(paths.markdown, `${markdown.join("\n\n")}\n`);
  await writeAtomically(paths.latex, renderMethodLatex(table));
  return paths;
}

function renderTrainings(trainings: WriteMethodTablesOptions["trainings"]): string {
  if (!trainings || trainings.size === 0) return "";
  const rows = [...trainings].map(([method, { seconds, samplesPerSecond, scoredImagesPerSecond }]) => [
    method,
    seconds.toFixed(0),
    samplesPerSecond.toFixed(1),
    scoredImagesPerSecond.toFixed(1),
  ]);
  const head = ["method", "training, s", "samples/s", "scored images/s"];
  return `### Time\n\nMeans over folds and seeds, wall time.\n\n${markdownTable(head, rows)}`;
}
