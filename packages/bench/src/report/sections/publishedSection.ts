/** @file The published One-to-Eleven figures beside ours, with what differs. */

import { publishedBars } from "../charts/publishedBars.ts";
import { withSpread } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import { methodGroups, overSeeds } from "../methodGroups.ts";
import { publishedDifferences, publishedOneToEleven } from "../published.ts";
import type { CrossDomainReport } from "../report.ts";

/** Averages of the literature and of this report, and the literature's rows by data set. */
export function publishedSection(report: CrossDomainReport): SafeHtml {
  const { targets, rendered } = report;
  const detailed = publishedOneToEleven.filter((row) => row.byTarget);
  return html`<section>
    <h2>Beside the published figures</h2>
    <p class="warning">
      <strong>Not comparable.</strong> The two halves of this table were measured on different data; they
      stand together to show the protocol's scale.
    </p>
    <ul>
      ${publishedDifferences(rendered).map((difference) => html`<li>${difference}</li>`)}
    </ul>
    <figure>${publishedBars(report)}</figure>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th class="text">method</th>
            <th class="text">tested on</th>
            <th>HTER, literature</th>
            <th>AUC</th>
            <th class="text">source</th>
          </tr>
        </thead>
        <tbody>
          ${publishedOneToEleven.map(
            ({ method, average, source }) =>
              html`<tr class="first">
                <td class="text">${method}</td>
                <td class="text">11 real data sets</td>
                <td>${average.hter.toFixed(2)}</td>
                <td>${average.auc.toFixed(2)}</td>
                <td class="text">${source}</td>
              </tr>`,
          )}
          ${methodGroups(report).map(
            (group) =>
              html`<tr class="first ours">
                <td class="text"><strong>${group.name}</strong></td>
                <td class="text">${targets.length} ${rendered ? "rendered domains" : "data sets"}</td>
                <td>${withSpread(overSeeds(group, (run) => run.averages.hterLiterature))}</td>
                <td>${withSpread(overSeeds(group, (run) => run.averages.auc))}</td>
                <td class="text">this report</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="soft">
      By data set, HTER / AUC in per cent, where the rows could be verified against their averages:
    </p>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th class="text">target</th>
            ${detailed.map(({ method }) => html`<th>${method}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Object.keys(detailed[0]!.byTarget!).map(
            (target) =>
              html`<tr class="first">
                <td class="text">${target}</td>
                ${detailed.map(({ byTarget }) => html`<td>${byTarget![target]!.hter.toFixed(2)} / ${byTarget![target]!.auc.toFixed(2)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
