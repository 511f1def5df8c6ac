/** @file The report as one self-contained HTML page. */

import type { ScoreFile } from "../scores/scoreFile.ts";
import { percent, withSpread } from "./formatFigures.ts";
import { html, type SafeHtml } from "./html.ts";
import { methodGroups, overSeeds, type MethodGroup } from "./methodGroups.ts";
import type { MethodTable } from "./methodTable.ts";
import { renderPage } from "./renderPage.ts";
import type { Averages, CrossDomainReport } from "./report.ts";
import { protocolTitle } from "../protocols/protocols.ts";
import { runMark } from "./charts/drawPlot.ts";
import { chartsSection } from "./sections/chartsSection.ts";
import { confusionSection } from "./sections/confusionSection.ts";
import { explanationsSection } from "./sections/explanationsSection.ts";
import { originSection } from "./sections/originSection.ts";
import { publishedFoldSection } from "./sections/publishedFoldSection.ts";
import { publishedSection } from "./sections/publishedSection.ts";
import { attacksSection, resultsSection } from "./sections/resultsSection.ts";
import { samplesSection } from "./sections/samplesSection.ts";
import { tablesSection } from "./sections/tablesSection.ts";

/** What the page shows beside the figures. */
export interface HtmlExtras {
  /** Frame id to `data:image/...` URI, for the sample verdicts. */
  readonly thumbnails?: ReadonlyMap<string, string>;
  /** The methods over seeds with intervals and paired tests; shown where there are several runs. */
  readonly table?: MethodTable;
  /** Further sections, such as an ablation's, after the methods. */
  readonly sections?: readonly SafeHtml[];
}

/**
 * Renders the page; it asks for nothing from the network.
 *
 * @param files the score files of the report's runs, in the same order: curves and histograms come from them
 */
export function renderHtml(
  report: CrossDomainReport,
  files: readonly ScoreFile[],
  extras: HtmlExtras = {},
): string {
  const groups = methodGroups(report);
  const compared = extras.table && (report.runs.length > 1 ? extras.table : null);
  return renderPage({
    title: protocolTitle(report.protocol),
    header: html`<p class="eyebrow">Candor · cross-domain report</p>
      <h1>${heading(report)}</h1>
      <p class="lead">${headline(report)}</p>
      ${rendered(report)}`,
    sections: [
      html`<div class="tiles">${groups.map(tile)}</div>
        <p class="soft">
          Means over the ${report.targets.length} targets, each counting the same, in per cent, over videos
          (the probabilities of a video's frames are averaged first).
        </p>`,
      compared ? tablesSection(compared) : null,
      ...(extras.sections ?? []),
      resultsSection(report),
      chartsSection(report, files),
      attacksSection(report),
      explanationsSection(report),
      confusionSection(report),
      samplesSection(report, extras.thumbnails ?? new Map()),
      report.protocol === "one-to-eleven" ? publishedSection(report) : publishedFoldSection(report),
      originSection(report),
    ],
  });
}

function heading({ protocol, source, targets }: CrossDomainReport): string {
  return protocol === "one-to-eleven"
    ? `One domain to learn from, ${targets.length} never seen`
    : `${protocolTitle(protocol)}: ${source} to ${targets.join(", ")}`;
}

function headline(report: CrossDomainReport): string {
  const { source, targets } = report;
  const ranked = methodGroups(report)
    .flatMap((group) => {
      const hter = overSeeds(group, (run) => run.averages.hterLiterature);
      return hter ? [{ name: group.name, hter }] : [];
    })
    .toSorted((a, b) => a.hter.mean - b.hter.mean);
  const words = ranked.map(({ name, hter }) => `${name} ${withSpread(hter)}\u00a0%`);
  const figures = words.length > 0 ? `Mean HTER with the literature's threshold: ${words.join(", ")}. ` : "";
  return `${figures}Trained on ${source}, tested on ${targets.length > 1 ? `${targets[0]} to ${targets.at(-1)}` : targets[0]!}; the deployable threshold was chosen on ${source} alone.`;
}

function rendered(report: CrossDomainReport): SafeHtml | null {
  if (!report.rendered) return null;
  return html`<p class="warning">
    <strong>Rendered domains.</strong> All faces here are computer-drawn. The figures show that the method and
    the pipeline work; they are no evidence of accuracy on any real data set.
  </p>`;
}

const tileFigures = [
  ["hterAtDevThreshold", "HTER at the dev threshold"],
  ["auc", "AUC"],
  ["tprAtFpr1Live", "TPR@FPR=1%, positive = live"],
  ["tprAtFpr1Spoof", "TPR@FPR=1%, positive = spoof"],
  ["apcerMax", "APCER of the worst attack"],
  ["bpcer", "BPCER"],
] as const;

function tile(group: MethodGroup): SafeHtml {
  const { name, index, runs } = group;
  const over = (key: keyof Averages) => overSeeds(group, (run) => run.averages[key]);
  const hter = over("hterLiterature");
  const spread = hter && hter.deviation !== null ? ` ± ${percent(hter.deviation)}` : "";
  return html`<section class="tile" style="--tone: ${runMark(index).colour}">
    <h3>${name}${runs.length > 1 ? html` <span class="soft">${runs.length} seeds</span>` : null}</h3>
    <div class="big">${percent(hter?.mean)}<small>${spread} % HTER, literature</small></div>
    <dl>
      ${tileFigures.map(
        ([key, label]) =>
          html`<dt>${label}</dt>
            <dd>${withSpread(over(key))}</dd>`,
      )}
    </dl>
  </section>`;
}
