/** @file Bars, ROC and DET curves, score histograms. */

import { videoScores } from "../../metrics/videoScores.ts";
import type { ScoreFile } from "../../scores/scoreFile.ts";
import { detCurve, rocCurve, type CurveInput } from "../charts/errorCurves.ts";
import { hterBars } from "../charts/hterBars.ts";
import { scoreHistogram } from "../charts/scoreHistogram.ts";
import { html, type SafeHtml } from "../html.ts";
import { isCrowded, methodGroups } from "../methodGroups.ts";
import type { CrossDomainReport } from "../report.ts";
import { runLegend } from "./runLegend.ts";

/** Every chart, drawn from the score files. */
export function chartsSection(report: CrossDomainReport, files: readonly ScoreFile[]): SafeHtml {
  const { runs } = report;
  const groups = methodGroups(report);
  // More lines than that hide each other.
  const crowded = isCrowded(groups);
  const several = groups.some((group) => group.runs.length > 1);
  const domains = runs[0]!.domains.map((domain) => ({
    ...domain,
    curves: groups.flatMap((group) =>
      group.runs.map((run) => ({
        index: group.index,
        isFirst: run === group.runs[0],
        seeds: crowded ? 1 : group.runs.length,
        videos: videoScores(
          files[runs.indexOf(run)]!.rows.filter(
            (line) => line.dataset === domain.dataset && line.split === "test",
          ),
        ),
      })),
    ),
  }));
  const perSeed = crowded ? " The first seed of each method." : " A line a seed.";
  // A curve needs both classes.
  const judged = domains.filter(({ videos }) => videos.live > 0 && videos.spoof > 0);
  const title = ({ dataset, role }: (typeof domains)[number]) =>
    role === "source" ? `${dataset}, source` : dataset;
  const panels = crowded
    ? [{ title: "all targets", domains: domains.filter(({ role }) => role === "target") }]
    : domains.map((domain) => ({ title: title(domain), domains: [domain] }));
  const small = (draw: (dataset: string, curves: readonly CurveInput[]) => SafeHtml) =>
    html`<div class="plots">
      ${judged.map(
        (domain) =>
          html`<div>
            <h3>${title(domain)}</h3>
            ${draw(
              domain.dataset,
              domain.curves.filter(({ isFirst }) => isFirst || !crowded),
            )}
          </div>`,
      )}
    </div>`;
  return html`<section>
      <h2>${crowded ? "Mean HTER" : "HTER by domain"}</h2>
      ${runLegend(groups)}
      <figure>
        ${hterBars(report)}
        <figcaption>
          Bars: the literature's HTER,
          ${several ? "the mean over seeds with the range from the best to the worst seed" : "with its 95 % interval over subjects"}.
          Upright ticks: HTER at the dev threshold, which is what a deployed system would reach.
        </figcaption>
      </figure>
    </section>
    <section>
      <h2>ROC curves</h2>
      <p class="soft">
        Across: spoofs accepted (FPR, %). Up: live samples accepted (TPR, %). Positive class:
        live.${several ? perSeed : null}
      </p>
      ${runLegend(groups)}${small(rocCurve)}
    </section>
    <section>
      <h2>DET curves</h2>
      <p class="soft">
        Across: spoofs accepted (FAR, %). Up: live samples rejected (FRR, %). Both axes in normal deviates;
        lower left is better. Rates below 0.5 % or above 90 % lie on the frame.
      </p>
      ${runLegend(groups)}${small(detCurve)}
    </section>
    <section>
      <h2>Where the scores lie</h2>
      <p class="soft">
        P(live) from 0 to 1 over videos; live upwards, spoof downwards, each as shares of its
        class.${several ? " All seeds of a method together." : null} Dashed: the dev threshold.
      </p>
      <ul class="legend">
        <li><span class="swatch" style="background: var(--live)"></span>live</li>
        <li><span class="swatch" style="background: var(--spoof)"></span>spoof</li>
      </ul>
      ${groups.map(
        ({ name, index, runs: seeds }) =>
          html`<h3 class="method">${name}</h3>
            <div class="plots">
              ${panels.map(
                (panel) =>
                  html`<div>
                    <h3 class="soft">${panel.title}</h3>
                    ${scoreHistogram(
                      `Scores of ${name} on ${panel.title}`,
                      panel.domains.flatMap(({ curves }) =>
                        curves.filter((curve) => curve.index === index).flatMap(({ videos }) => videos),
                      ),
                      seeds.map((run) => run.devThreshold),
                    )}
                  </div>`,
              )}
            </div>`,
      )}
    </section>`;
}
