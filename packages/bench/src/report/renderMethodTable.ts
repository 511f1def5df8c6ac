/** @file A method table as Markdown and as LaTeX. */

import { blank, percent } from "./formatFigures.ts";
import {
  methodFigures,
  whyNoInterval,
  type MethodCell,
  type MethodFigure,
  type MethodRow,
  type MethodTable,
} from "./methodTable.ts";
import { probability, signed } from "./renderComparison.ts";

/** One table a figure, then the paired tests; per cent, with what stands in brackets said below. */
export function renderMethodMarkdown(table: MethodTable): string {
  const blocks = methodFigures.flatMap(({ key, head }) => [
    `### ${head}`,
    markdownTable(
      ["method", "seeds", ...columnHeads(table), `mean of ${table.columns.length}`],
      table.rows.map((row) => [
        row.method,
        row.seeds.join(", "),
        ...cellsOf(row).map((cell) => cellText(cell, key)),
      ]),
    ),
  ]);
  return `${[...blocks, testsMarkdown(table), ...captions(table)].filter((part) => part !== "").join("\n\n")}\n`;
}

/** One `tabular` a figure for a paper; the best mean of a column is bold. */
export function renderMethodLatex(table: MethodTable): string {
  const heads = columnHeads(table).map(escapeLatex);
  const tables = methodFigures.map(({ key, head, lowerIsBetter }) => {
    const best = bestOf(table, key, lowerIsBetter);
    const lines = table.rows.map((row) =>
      [
        escapeLatex(row.method),
        ...cellsOf(row).map((cell, column) => latexCell(cell, key, cell?.[key]?.mean === best[column])),
      ].join(" & "),
    );
    return [
      "\\begin{table}[t]",
      "\\centering",
      `\\caption{${escapeLatex(`${head} in %. ${captions(table).join(" ")}`)}}`,
      `\\begin{tabular}{l${"r".repeat(heads.length + 1)}}`,
      "\\toprule",
      `${["method", ...heads, "mean"].join(" & ")} \\\\`,
      "\\midrule",
      ...lines.map((line) => `${line} \\\\`),
      "\\bottomrule",
      "\\end{tabular}",
      "\\end{table}",
    ].join("\n");
  });
  return `% needs booktabs\n${tables.join("\n\n")}\n`;
}

function cellsOf(row: MethodRow): readonly (MethodCell | null)[] {
  return [...row.cells, row.mean];
}

/** Heads of the columns: the target, with the sources only where columns differ in them. */
export function columnHeads({ columns }: Pick<MethodTable, "columns">): string[] {
  const same = new Set(columns.map((column) => column.sources)).size === 1;
  return columns.map(({ sources, target }) => (same ? target : `${sources} → ${target}`));
}

function cellText(cell: MethodCell | null, key: MethodFigure): string {
  const figure = cell?.[key];
  if (!figure) return blank;
  const spread = figure.deviation === null ? "" : ` ± ${percent(figure.deviation)}`;
  const interval = figure.interval
    ? ` [${percent(figure.interval.low, 1)}, ${percent(figure.interval.high, 1)}]`
    : "";
  return `${percent(figure.mean)}${spread}${interval}`;
}

function latexCell(cell: MethodCell | null, key: MethodFigure, best: boolean): string {
  const figure = cell?.[key];
  if (!figure) return "--";
  const value = best ? `\\textbf{${percent(figure.mean)}}` : percent(figure.mean);
  const spread = figure.deviation === null ? "" : `\\,{\\scriptsize$\\pm$${percent(figure.deviation)}}`;
  const interval = figure.interval
    ? ` {\\scriptsize[${percent(figure.interval.low, 1)}, ${percent(figure.interval.high, 1)}]}`
    : "";
  return `${value}${spread}${interval}`;
}

function bestOf(table: MethodTable, key: MethodFigure, lowerIsBetter: boolean): (number | null)[] {
  return [...table.columns.keys(), table.columns.length].map((column) => {
    const values = table.rows.flatMap((row) => cellsOf(row)[column]?.[key]?.mean ?? []);
    if (values.length < 2 || new Set(values).size === 1) return null;
    return lowerIsBetter ? Math.min(...values) : Math.max(...values);
  });
}

function testsMarkdown({ rows, baseline }: MethodTable): string {
  const tested = rows.flatMap(({ method, against }) =>
    against
      ? [
          [
            method,
            ...[against.hterLiterature, against.auc].flatMap(({ difference, interval, p }) => [
              `${signed(difference)}${interval ? ` [${signed(interval.low)}, ${signed(interval.high)}]` : ""}`,
              probability(p),
            ]),
          ],
        ]
      : [],
  );
  if (tested.length === 0) return "";
  return `### Against ${baseline}\n\nMean over targets, method minus ${baseline}, in percentage points.\n\n${markdownTable(
    ["method", "HTER, literature", "p", "AUC", "p"],
    tested,
  )}`;
}

function captions({ unit, resamples, seed, notes }: MethodTable): string[] {
  const intervals = [
    `Brackets: 95 % bootstrap intervals over subjects, the seeds' mean on each of ${resamples} resamples (seed ${seed}); p: the same resamples, paired, two-sided, not corrected for the number of methods.`,
    whyNoInterval,
  ];
  return [
    `Per ${unit}; mean ± sample standard deviation over seeds.`,
    ...(resamples === 0 ? [] : intervals),
    ...notes,
  ];
}

/** A Markdown table; bars in cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

/** Text as LaTeX prints it. */
export function escapeLatex(text: string): string {
  return text
    .replace(/[&%#_]/g, (character) => `\\${character}`)
    .replaceAll("→", "$\\rightarrow$")
    .replaceAll("±", "$\\pm$")
    .replaceAll("–", "--")
    .replaceAll("−", "$-$")
    .replaceAll("Δ", "$\\Delta$")
    .replaceAll("α", "$\\alpha$");
}
