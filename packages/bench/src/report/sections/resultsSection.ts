/** @file The table of methods and domains, and the table of attacks. */

import { percent, percentInterval, tableFigures, withSpread } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import { isCrowded, methodGroups, overSeeds, type MethodGroup } from "../methodGroups.ts";
import type { CrossDomainReport, RunResult } from "../report.ts";

type FigureKey = (typeof tableFigures)[number]["key"];

/** Method by domain, every head with its threshold or positive class. */
export function resultsSection(report: CrossDomainReport): SafeHtml {
  const { runs, targets, resamples, seed } = report;
  const groups = methodGroups(report);
  const single = groups.some((group) => group.runs.length === 1);
  const several = groups.some((group) => group.runs.length > 1);
  const intervals =
    single && resamples > 0
      ? ` Small figures: 95 % bootstrap intervals over subjects (${resamples} resamples, seed ${seed}).`
      : "";
  const seeds = several ? " Of several seeds: mean ± sample standard deviation." : "";
  const best = groups.length > 1 ? " The best method of a domain is set in green and bold." : "";
  return html`<section>
    <h2>Results by domain</h2>
    <p class="soft">Per cent, over videos.${intervals}${seeds}${best}</p>
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
          ${(isCrowded(groups) ? [] : runs[0]!.domains).map(({ dataset, role, videos }, row) =>
            groups.map((group, index) => {
              const name = html`${dataset}${role === "source" ? html` <small>source</small>` : null}`;
              return html`<tr${index === 0 ? html` class="first"` : null}><td class="text">${index === 0 ? name : ""}</td><td class="text">${group.name}</td><td>${videos.live} / ${videos.spoof}</td>${tableFigures.map(
                ({ key }) =>
                  figureCell(
                    groups,
                    group,
                    key,
                    (run) => run.domains[row]!.videos[key],
                    detail(group, row, key),
                  ),
              )}</tr>`;
            }),
          )}
          ${groups.map(
            (group, index) =>
              html`<tr class="mean">
                <td class="text">${index === 0 ? `mean of ${targets.length}` : ""}</td>
                <td class="text">${group.name}</td>
                <td></td>
                ${tableFigures.map(({ key }) =>
                  // The filler keeps the means under the figures where these have something at their side.
                  figureCell(groups, group, key, (run) => run.averages[key], sided.has(key) ? "" : null),
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes(runs)}
    <dl class="terms">
      ${tableFigures.map(
        ({ head, note }) =>
          html`<dt>${head}</dt>
            <dd>${note}</dd>`,
      )}
    </dl>
  </section>`;
}

const sided: ReadonlySet<FigureKey> = new Set(["hterLiterature", "auc", "apcerMax"]);

function figureCell(
  groups: readonly MethodGroup[],
  group: MethodGroup,
  key: FigureKey,
  figure: (run: RunResult) => number | null,
  beside: string | null,
): SafeHtml {
  const value = overSeeds(group, figure);
  const all = groups.map((other) => overSeeds(other, figure)?.mean ?? null);
  const best = isBest(value?.mean ?? null, key, all) ? "best" : "";
  const spread = value && value.deviation !== null ? `± ${percent(value.deviation, 1)}` : beside;
  return html`<td class="${best}">
    ${percent(value?.mean)}${spread === null ? null : html`<small class="side">${spread}</small>`}
  </td>`;
}

// What stands beside the figure of a method's only run.
function detail({ runs }: MethodGroup, row: number, key: FigureKey): string | null {
  const { videos } = runs[0]!.domains[row]!;
  if (key === "hterLiterature" && videos.hterLiteratureInterval)
    return percentInterval(videos.hterLiteratureInterval);
  if (key === "auc" && videos.aucInterval) return percentInterval(videos.aucInterval);
  if (key === "apcerMax" && videos.worstAttack) return videos.worstAttack;
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

/** APCER of every species in every domain. */
export function attacksSection(report: CrossDomainReport): SafeHtml {
  const { runs } = report;
  const groups = methodGroups(report);
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
      threshold. ISO/IEC 30107-3 asks for the worst species, because a pooled figure hides it. A species that
      a domain lacks has no row.
    </p>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            <th class="text">domain</th>
            <th class="text">attack</th>
            ${groups.map(({ name }) => html`<th>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(({ dataset, domain, attack, first }) => html`<tr${first ? html` class="first"` : null}><td class="text">${first ? dataset : ""}</td><td class="text">${attack}</td>${groups.map((group) => html`<td>${withSpread(overSeeds(group, (run) => run.domains[domain]!.videos.apcerByAttack[attack]))}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>
  </section>`;
}
