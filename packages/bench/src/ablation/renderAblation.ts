/** @file The ablation table as Markdown and as LaTeX. */

import type { PairedDifference } from "../metrics/paired/pairedDifference.ts";
import { blank, percent } from "../report/formatFigures.ts";
import { probability, signed } from "../report/renderComparison.ts";
import { escapeLatex, markdownTable } from "../report/renderMethodTable.ts";
import type { AblationRow, AblationTable, FactorRows, Spread } from "./ablationTable.ts";
import { baselineName } from "./planAblation.ts";

/** What every reader of the table must know. */
export const ablationNotes: readonly string[] = [
  "Means over the targets in per cent, per video; ± sample standard deviation over seeds. Δ: minus full I-FAS, in percentage points, with 95 % bootstrap intervals over subjects and two-sided p, paired over subjects and averaged over seeds, not corrected for the number of rows. They say whether other people would change the difference, not whether other seeds would: Δ by seed does.",
  "HTER lit.: threshold on the target itself. HTER dev: threshold on the source's dev split. HTER 0.5: accepted at P(live) of 0.5 and above; a decoding keeps the order of frames and moves this. Videos, whose frames are averaged, it may reorder.",
  "Attack named: of spoof frames with a sentence, the share that names the true attack; by chance: if the sentences were dealt out at random among such frames of the same verdict. Decodings leave sentences alone.",
  "Paper: its effect on the average of the real One-to-Eleven, as far as it could be read; it trains large pretrained models.",
];

/** One table a factor, the others at the baseline; then every setting, where there are more. */
export function renderAblationMarkdown(table: AblationTable): string {
  const ofFactors = table.factors.map(
    ({ name, title, rows }) => `### ${name}: ${title}\n\n${markdownTable(head, rows.map(cells))}`,
  );
  const shown = new Set(table.factors.flatMap(({ rows }) => rows.map(({ row }) => row)));
  const rest =
    shown.size === table.settings.length
      ? []
      : [
          `### every combination\n\n${markdownTable(
            head,
            table.settings.map((row) => cells({ title: row.method, paper: "", row })),
          )}`,
        ];
  return `${[...ofFactors, ...rest, ablationNotes.map((note) => `- ${note}`).join("\n")].join("\n\n")}\n`;
}

/** One `tabular` for a paper. */
export function renderAblationLatex({ factors }: AblationTable): string {
  const lines = factors.flatMap(({ rows }, index) => [
    ...(index === 0 ? [] : ["\\midrule"]),
    ...rows.map((line) => `${cells(line).map(escapeLatex).join(" & ")} \\\\`),
  ]);
  return [
    "% needs booktabs",
    "\\begin{table*}[t]",
    "\\centering",
    `\\caption{${escapeLatex(ablationNotes.join(" "))}}`,
    `\\begin{tabular}{l${"r".repeat(head.length - 2)}l}`,
    "\\toprule",
    `${head.map(escapeLatex).join(" & ")} \\\\`,
    "\\midrule",
    ...lines,
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table*}",
    "",
  ].join("\n");
}

const head = [
  "setting",
  "HTER lit.",
  "Δ",
  "p",
  "HTER dev",
  "HTER 0.5",
  "AUC",
  "Δ",
  "p",
  "Δ by seed",
  "attack named",
  "by chance",
  "paper",
];

type Line = Pick<FactorRows["rows"][number], "title" | "paper" | "row">;

function cells({ title, paper, row }: Line): string[] {
  const { mean, against } = row.figures;
  const [hter, auc] = [difference(row, against?.hterLiterature), difference(row, against?.auc)];
  return [
    title,
    spreadText(mean?.hterLiterature),
    ...hter,
    spreadText(mean?.hterAtDevThreshold),
    spreadText(row.hterAtHalf),
    spreadText(mean?.auc),
    ...auc,
    bySeed(row),
    spreadText(row.attackNamedRight, 1),
    spreadText(row.attackNamedByChance, 1),
    paper,
  ];
}

function difference({ method }: AblationRow, paired: PairedDifference | undefined): [string, string] {
  if (!paired) return [method === baselineName ? "full" : blank, blank];
  const { difference: value, interval, p } = paired;
  return [
    `${signed(value)}${interval ? ` [${signed(interval.low)}, ${signed(interval.high)}]` : ""}`,
    probability(p),
  ];
}

/** The differences of the AUC by seed, such as `−2.53, +1.29, −7.97`. */
export function bySeed({ aucDifferenceBySeed }: Pick<AblationRow, "aucDifferenceBySeed">): string {
  return aucDifferenceBySeed?.map(signed).join(", ") ?? blank;
}

function spreadText(figure: Spread | null | undefined, digits = 2): string {
  if (!figure) return blank;
  const deviation = figure.deviation === null ? "" : ` ± ${percent(figure.deviation, digits)}`;
  return `${percent(figure.mean, digits)}${deviation}`;
}
