/** @file The table that the command prints. */

import { percent, tableFigures } from "./formatFigures.ts";
import type { CrossDomainReport, RunResult } from "./report.ts";

const shown = tableFigures.filter(({ key }) => key !== "bpcer");

/**
 * Prints one block a run: a line a domain, the mean over the targets, the dev threshold.
 *
 * Figures are per cent; plain text of at most 80 columns.
 */
export function renderTerminal(report: CrossDomainReport): string {
  const head = ["domain", ...shown.map((figure) => figure.short)];
  const bodies = report.runs.map((run) => [
    ...run.domains.map((domain) => [
      domain.role === "source" ? `${domain.dataset} (source)` : domain.dataset,
      ...shown.map(({ key }) => percent(domain.videos[key])),
    ]),
    [`mean of ${report.targets.length}`, ...shown.map(({ key }) => percent(run.averages[key]))],
  ]);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...bodies.flat().map((line) => line[column]!.length)),
  );
  const print = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ");
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const blocks = report.runs.map((run, index) => {
    const lines = bodies[index]!.map(print);
    return [title(run), rule, print(head), rule, ...lines.slice(0, -1), rule, lines.at(-1)].join("\n");
  });
  const notes = [
    "In %, per video. HTER lit.: threshold at the target's own EER. HTER dev and APCER: at the dev threshold.",
  ];
  if (report.rendered) notes.push("Rendered domains: no evidence of accuracy on real data sets.");
  return [...blocks, notes.join("\n")].join("\n\n");
}

function title({ name, devThreshold, explanations }: RunResult): string {
  const threshold = devThreshold === null ? "none" : `P(live) ${devThreshold.toFixed(4)}`;
  const first = `${name}   dev threshold: ${threshold}`;
  const { sentences, attackNamedRight, attackNamedByChance, agreement } = explanations;
  if (sentences === 0) return first;
  return `${first}\n${sentences} sentences: attack named right ${percent(attackNamedRight, 1)} % (by chance ${percent(attackNamedByChance, 1)} %), agree with the verdict ${percent(agreement, 1)} %`;
}
