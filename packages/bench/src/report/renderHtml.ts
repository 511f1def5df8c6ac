/** @file The report as one self-contained HTML page. */

import type { ScoreFile } from "../scores/scoreFile.ts";
import { percent } from "./formatFigures.ts";
import { html, trusted, type SafeHtml } from "./html.ts";
import { htmlStyle } from "./htmlStyle.ts";
import type { CrossDomainReport, RunResult } from "./report.ts";
import { protocolTitle } from "../protocols/protocols.ts";
import { runMark } from "./charts/drawPlot.ts";
import { chartsSection } from "./sections/chartsSection.ts";
import { explanationsSection } from "./sections/explanationsSection.ts";
import { originSection } from "./sections/originSection.ts";
import { publishedSection } from "./sections/publishedSection.ts";
import { attacksSection, resultsSection } from "./sections/resultsSection.ts";
import { samplesSection } from "./sections/samplesSection.ts";

/** What the page shows beside the figures. */
export interface HtmlExtras {
  /** Frame id to `data:image/...` URI, for the sample verdicts. */
  readonly thumbnails?: ReadonlyMap<string, string>;
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
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>Candor: ${protocolTitle(report.protocol)}</title>
        <style>
          ${trusted(htmlStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="eyebrow">Candor · cross-domain report</p>
            <h1>${heading(report)}</h1>
            <p class="lead">${headline(report)}</p>
            ${rendered(report)}
          </header>
          <div class="tiles">${report.runs.map(tile)}</div>
          <p class="soft">
            Means over the ${report.targets.length} targets, each counting the same, in per cent, over videos
            (the probabilities of a video's frames are averaged first).
          </p>
          ${resultsSection(report)} ${chartsSection(report, files)} ${attacksSection(report)}
          ${explanationsSection(report)} ${samplesSection(report, extras.thumbnails ?? new Map())}
          ${report.protocol === "one-to-eleven" ? publishedSection(report) : null} ${originSection(report)}
        </main>
      </body>
    </html> `;
  return page.html;
}

function heading({ protocol, source, targets }: CrossDomainReport): string {
  return protocol === "one-to-eleven"
    ? `One domain to learn from, ${targets.length} never seen`
    : `${protocolTitle(protocol)}: ${source} to ${targets.join(", ")}`;
}

function headline({ runs, source, targets }: CrossDomainReport): string {
  const ranked = runs
    .filter((run) => run.averages.hterLiterature !== null)
    .toSorted((a, b) => a.averages.hterLiterature! - b.averages.hterLiterature!);
  const words = ranked.map((run) => `${run.name} ${percent(run.averages.hterLiterature)}\u00a0%`);
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

function tile(run: RunResult, index: number): SafeHtml {
  const { averages } = run;
  return html`<section class="tile" style="--tone: ${runMark(index).colour}">
    <h3>${run.name}</h3>
    <div class="big">${percent(averages.hterLiterature)}<small> % HTER, literature</small></div>
    <dl>
      <dt>HTER at the dev threshold</dt>
      <dd>${percent(averages.hterAtDevThreshold)}</dd>
      <dt>AUC</dt>
      <dd>${percent(averages.auc)}</dd>
      <dt>TPR@FPR=1%, positive = live</dt>
      <dd>${percent(averages.tprAtFpr1Live)}</dd>
      <dt>TPR@FPR=1%, positive = spoof</dt>
      <dd>${percent(averages.tprAtFpr1Spoof)}</dd>
      <dt>APCER of the worst attack</dt>
      <dd>${percent(averages.apcerMax)}</dd>
      <dt>BPCER</dt>
      <dd>${percent(averages.bpcer)}</dd>
    </dl>
  </section>`;
}
