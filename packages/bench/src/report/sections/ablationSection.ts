/** @file The ablation table as a section: a block a factor, the others at the baseline, beside the paper's effects. */

import type { AblationTable, FactorRows, Spread } from "../../ablation/ablationTable.ts";
import { baselineName } from "../../ablation/planAblation.ts";
import { ablationNotes, bySeed } from "../../ablation/renderAblation.ts";
import { blank, percent } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import { differenceCells } from "./tablesSection.ts";

type Line = FactorRows["rows"][number];

/** One table for all factors, so that their columns stand below each other. */
export function ablationSection({ factors }: AblationTable): SafeHtml {
  return html`<section>
    <h2>What each part adds</h2>
    <div class="scroll">
      <table class="dense">
        <thead>
          <tr>
            <th class="text">setting</th>
            <th>HTER, literature</th>
            <th>Δ<small>to full I-FAS</small></th>
            <th>p</th>
            <th>HTER, dev threshold</th>
            <th>HTER at 0.5</th>
            <th>AUC</th>
            <th>Δ<small>to full I-FAS</small></th>
            <th>p</th>
            <th>Δ by seed</th>
            <th>attack named</th>
            <th>by chance</th>
            <th class="text">paper</th>
          </tr>
        </thead>
        <tbody>
          ${factors.map(
            ({ name, title, rows }) =>
              html`<tr class="group">
                  <td class="text" colspan="13"><strong>${name}</strong>: ${title}</td>
                </tr>
                ${rows.map(settingRow)}`,
          )}
        </tbody>
      </table>
    </div>
    <ul class="soft">
      ${ablationNotes.map((note) => html`<li>${note}</li>`)}
    </ul>
  </section>`;
}

function settingRow({ title, paper, row }: Line): SafeHtml {
  const { mean, against } = row.figures;
  const full = row.method === baselineName;
  const difference = (key: "hterLiterature" | "auc") =>
    against
      ? differenceCells(against[key])
      : html`<td>${full ? "full" : blank}</td>
          <td>${blank}</td>`;
  return html`<tr class="first${full ? " ours" : ""}">
    <td class="text wrap">${title}</td>
    ${figure(mean?.hterLiterature)}${difference("hterLiterature")}${figure(mean?.hterAtDevThreshold)}
    ${figure(row.hterAtHalf)}${figure(mean?.auc)}${difference("auc")}
    <td>
      ${bySeed(row)
        .split(", ")
        .map((value) => html`<small>${value}</small>`)}
    </td>
    ${figure(row.attackNamedRight, 1)}${figure(row.attackNamedByChance, 1)}
    <td class="text wrap">${paper}</td>
  </tr>`;
}

function figure(spread: Spread | null | undefined, digits = 2): SafeHtml {
  if (!spread) return html`<td>${blank}</td>`;
  const { mean, deviation } = spread;
  return html`<td>
    ${percent(mean, digits)}${deviation === null ? null : html`<small>± ${percent(deviation, digits)}</small>`}
  </td>`;
}
