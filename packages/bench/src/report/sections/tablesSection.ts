/** @file A method table as a section of the page: one table a figure, then the paired tests. */

import type { PairedDifference } from "../../metrics/paired/pairedDifference.ts";
import { blank, percent } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import {
  methodFigures,
  whyNoInterval,
  type MethodRow,
  type MethodTable,
  type SeedFigure,
} from "../methodTable.ts";
import { probability, signed } from "../renderComparison.ts";
import { columnHeads } from "../renderMethodTable.ts";

/** The tables, each in a box that scrolls by itself. */
export function tablesSection(table: MethodTable): SafeHtml {
  const seeds = new Set(table.rows.map((row) => row.seeds.join(", ")));
  return html`<section>
    <h2>Methods compared</h2>
    <p class="soft">${caption(table, seeds)}</p>
    ${methodFigures.map((figure) => figureTable(table, figure, seeds.size > 1))} ${testsTable(table)}
    ${
      table.notes.length === 0
        ? null
        : html`<ul class="soft">
            ${table.notes.map((note) => html`<li>${note}</li>`)}
          </ul>`
    }
  </section>`;
}

function caption({ unit, resamples, seed, rows }: MethodTable, seeds: ReadonlySet<string>): string {
  const several = rows.some((row) => row.seeds.length > 1);
  const same = seeds.size === 1 ? ` Seeds ${[...seeds].join("")}.` : "";
  const spread = several ? "; mean ± sample standard deviation over seeds" : "";
  const intervals =
    resamples === 0
      ? ""
      : ` Brackets: 95 % bootstrap intervals over subjects${several ? " of the seeds' mean" : ""} (${resamples} resamples, seed ${seed}).`;
  return `Per cent, per ${unit}${spread}.${same}${intervals} The best of a column is set in green and bold.`;
}

function figureTable(
  { rows, ...table }: MethodTable,
  { key, head, lowerIsBetter, hasInterval }: (typeof methodFigures)[number],
  withSeeds: boolean,
): SafeHtml {
  const figures = (row: MethodRow) => [row.mean, ...row.cells].map((cell) => cell?.[key] ?? null);
  const best = [null, ...table.columns].map((_, column) => {
    const means = rows.flatMap((row) => figures(row)[column]?.mean ?? []);
    if (new Set(means).size < 2) return null;
    return lowerIsBetter ? Math.min(...means) : Math.max(...means);
  });
  return html`<h3>${head}</h3>
    ${hasInterval || table.resamples === 0 ? null : html`<p class="soft">${whyNoInterval}</p>`}
    <div class="scroll">
      <table class="dense">
        <thead>
          <tr>
            <th class="text">method</th>
            ${withSeeds ? html`<th class="text">seeds</th>` : null}
            <th>mean of ${table.columns.length}</th>
            ${columnHeads({ columns: table.columns }).map((text) => html`<th>${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr class="first">
                <td class="text">${row.method}</td>
                ${withSeeds ? html`<td class="text">${row.seeds.join(", ")}</td>` : null}
                ${figures(row).map((figure, column) => figureCell(figure, best[column]!, column === 0))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

// Intervals stand with the mean alone: beside every target they would make the table three times as wide.
function figureCell(figure: SeedFigure | null, best: number | null, withInterval: boolean): SafeHtml {
  if (!figure) return html`<td>${blank}</td>`;
  const { mean, deviation, interval } = figure;
  const spread = deviation === null ? "" : `± ${percent(deviation, 1)}`;
  const range = withInterval && interval ? `[${percent(interval.low, 1)}, ${percent(interval.high, 1)}]` : "";
  return html`<td class="${mean === best ? "best" : ""}">
    ${percent(mean)}${[spread, range].map((text) => (text === "" ? null : html`<small>${text}</small>`))}
  </td>`;
}

function testsTable({ rows, baseline }: MethodTable): SafeHtml | null {
  const tested = rows.flatMap(({ method, against }) => (against ? [{ method, against }] : []));
  if (tested.length === 0) return null;
  return html`<h3>Against ${baseline}</h3>
    <p class="soft">
      Mean over targets, method minus ${baseline}, in percentage points, with 95 % intervals; p from the same
      resamples of subjects, paired, two-sided, not corrected for the number of methods.
    </p>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th class="text">method</th>
            <th>HTER, literature</th>
            <th>p</th>
            <th>AUC</th>
            <th>p</th>
          </tr>
        </thead>
        <tbody>
          ${tested.map(
            ({ method, against }) =>
              html`<tr class="first">
                <td class="text">${method}</td>
                ${[against.hterLiterature, against.auc].map(differenceCells)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** A paired difference with its interval, and its p. */
export function differenceCells({ difference, interval, p }: PairedDifference): SafeHtml {
  const range = interval ? html` <small>[${signed(interval.low)}, ${signed(interval.high)}]</small>` : null;
  return html`<td>${signed(difference)}${range}</td>
    <td>${probability(p)}</td>`;
}
