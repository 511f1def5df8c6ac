/** @file Sample verdicts with image, probability and sentence. */

import { html, type SafeHtml } from "../html.ts";
import type { CrossDomainReport, SampleVerdict } from "../report.ts";

/**
 * Cards of the drawn frames.
 *
 * @param thumbnails frame id to `data:image/...` URI
 */
export function samplesSection(
  report: CrossDomainReport,
  thumbnails: ReadonlyMap<string, string>,
): SafeHtml | null {
  const first = report.samples[0];
  if (!first) return null;
  return html`<section>
    <h2>Sample verdicts</h2>
    <p class="soft">
      By ${first.run}. Drawn by seed from the targets, live and spoof in turns, not picked: wrong ones are
      shown as they come. The bar is P(live), the mark on it the dev threshold.
    </p>
    <div class="cards">${report.samples.map((sample) => card(sample, thumbnails.get(sample.id)))}</div>
  </section>`;
}

function card(sample: SampleVerdict, thumbnail: string | undefined): SafeHtml {
  const { id, dataset, label, attack, score, threshold, sentence } = sample;
  const verdict = score >= threshold ? "live" : "spoof";
  const truth = label === "live" ? "live" : attack;
  const image = thumbnail
    ? html`<img src="${thumbnail}" alt="Frame ${id}: ${truth}" />`
    : html`<div class="blank">image not at hand</div>`;
  return html`<article class="card">
    ${image}
    <div class="body">
      <div class="verdict">
        ${verdict === label ? "✓" : "✗"} ${verdict === "live" ? "Live" : "Spoof"}
        <span class="soft">· in truth ${truth} · ${dataset}</span>
      </div>
      <div class="meter">
        <i style="width: ${(score * 100).toFixed(1)}%"></i
        ><b style="left: calc(${(Math.min(threshold, 1) * 100).toFixed(1)}% - 1px)"></b>
      </div>
      <span class="soft">P(live) ${score.toFixed(3)}</span>
      ${sentence === null ? null : html`<blockquote>“${sentence}”</blockquote>`}
    </div>
  </article>`;
}
