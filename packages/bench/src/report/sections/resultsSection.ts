/** @file The table of methods and domains, and the table of attacks. */

import type { Judgement } from "../../metrics/judgeSamples.ts";
import { percent, percentInterval, tableFigures } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import type { CrossDomainReport, RunResult } from "../report.ts";

type FigureKey = (typeof tableFigures)[number]["key"];

/** Method by domain, every head with its threshold or positive class. */
export function resultsSection(report: CrossDomainReport): SafeHtml {
  const { runs, targets, resamples, seed } = report;
  const datasets = runs[0]!.domains;
  const intervals =
    resamples > 0
      ? ` Small figures: 95 % bootstrap intervals over subjects (${resamples} resamples, seed ${seed}).`
      : "";
  return html`<section>
    <h2>Results by domain</h2>
    <p class="soft">
      Per cent, over videos.${intervals} The better method of a domain is set in green and bold.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">domain</th>
            <th class="text">method</th>
            <th>videos<small>live / spoof</small></th>
            ${tableFigures.map(({ head, note }) => html`<th title="${note}">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${datasets.map((domain, row) =>
            runs.map((run, index) => {
              const { videos, role } = run.domains[row]!;
              const name = html`${domain.dataset}${role === "source" ? html` <small>source</small>` : null}`;
              return html`<tr${index === 0 ? html` class="first"` : null}><td class="text">${index === 0 ? name : ""}</td><td class="text">${run.name}</td><td>${videos.live} / ${videos.spoof}</td>${tableFigures.map(
                ({ key }) =>
                  figureCell(
                    videos,
                    key,
                    runs.map((other) => other.domains[row]!.videos[key]),
                  ),
              )}</tr>`;
            }),
          )}
          ${runs.map(
            (run, index) =>
              html`<tr class="mean">
                <td class="text">${index === 0 ? `mean of ${targets.length}` : ""}</td>
                <td class="text">${run.name}</td>
                <td></td>
                ${tableFigures.map(({ key }) =>
                  meanCell(
                    run.averages[key],
                    key,
                    runs.map((other) => other.averages[key]),
                  ),
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes(runs)} ${spreads(report)}
    <dl class="terms">
      ${tableFigures.map(
        ({ head, note }) =>
          html`<dt>${head}</dt>
            <dd>${note}</dd>`,
      )}
    </dl>
  </section>`;
}

function figureCell(videos: Judgement, key: FigureKey, all: readonly (number | null)[]): SafeHtml {
  const best = isBest(videos[key], key, all) ? "best" : "";
  return html`<td class="${best}">${percent(videos[key])}${detail(videos, key)}</td>`;
}

// The filler keeps the means under the figures where these have something at their side.
function meanCell(value: number | null, key: FigureKey, all: readonly (number | null)[]): SafeHtml {
  const sided = key === "hterLiterature" || key === "auc" || key === "apcerMax";
  const best = isBest(value, key, all) ? "best" : "";
  return html`<td class="${best}">${percent(value)}${sided ? html`<small class="side"></small>` : null}</td>`;
}

function detail(videos: Judgement, key: FigureKey): SafeHtml | null {
  if (key === "hterLiterature" && videos.hterLiteratureInterval) {
    return html`<small class="side">${percentInterval(videos.hterLiteratureInterval)}</small>`;
  }
  if (key === "auc" && videos.aucInterval)
    return html`<small class="side">${percentInterval(videos.aucInterval)}</small>`;
  if (key === "apcerMax" && videos.worstAttack)
    return html`<small class="side">${videos.worstAttack}</small>`;
  return null;
}

function isBest(value: number | null, key: FigureKey, all: readonly (number | null)[]): boolean {
  const present = all.filter((other) => other !== null);
  if (value === null || present.length < 2 || new Set(present).size === 1) return false;
  const higherIsBetter = key === "auc" || key === "tprAtFpr1Live";
  return value === (higherIsBetter ? Math.max(...present) : Math.min(...present));
}

function notes(runs: readonly RunResult[]): SafeHtml | null {
  const lines = runs.flatMap((run) =>
    run.domains.flatMap(({ dataset, videos }) =>
      videos.notes.map((note) => `${run.name}, ${dataset}: ${note}`),
    ),
  );
  return lines.length === 0
    ? null
    : html`<ul class="soft">
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>`;
}

function spreads({ spreads: groups }: CrossDomainReport): SafeHtml | null {
  if (groups.length === 0) return null;
  return html`<h3>Over seeds: mean ± standard deviation of the target means</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">method</th>
            <th class="text">seeds</th>
            ${tableFigures.map(({ head }) => html`<th>${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${groups.map(
            ({ method, seeds, mean, deviation }) =>
              html`<tr class="first">
                <td class="text">${method}</td>
                <td class="text">${seeds.join(", ")}</td>
                ${tableFigures.map(({ key }) => html`<td>${percent(mean[key])} ± ${percent(deviation[key])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** APCER of every species in every domain. */
export function attacksSection({ runs }: CrossDomainReport): SafeHtml {
  const rows = runs[0]!.domains.flatMap(({ dataset, videos }, domain) =>
    Object.keys(videos.apcerByAttack).map((attack, index) => ({
      dataset,
      domain,
      attack,
      first: index === 0,
    })),
  );
  if (rows.length === 0) return html``;
  return html`<section>
    <h2>Which attacks get through</h2>
    <p class="soft">
      APCER in per cent: the share of the presentations of one species that is accepted as live at the dev
      threshold. ISO/IEC 30107-3 asks for the worst species, because a pooled figure hides it.
    </p>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th class="text">domain</th>
            <th class="text">attack</th>
            ${runs.map((run) => html`<th>${run.name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(({ dataset, domain, attack, first }) => html`<tr${first ? html` class="first"` : null}><td class="text">${first ? dataset : ""}</td><td class="text">${attack}</td>${runs.map((run) => html`<td>${percent(run.domains[domain]!.videos.apcerByAttack[attack])}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>
  </section>`;
}
