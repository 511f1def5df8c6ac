/** @file Sample verdicts with image, probability, sentence and attention over the patches. */

import { attentionGradient, attentionLevel, attentionMap, attentionScale } from "../charts/attentionMap.ts";
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
  const maps = report.samples.flatMap(({ attention }) => (attention ? [attention] : []));
  const most = attentionScale(maps);
  return html`<section>
    <h2>Sample verdicts</h2>
    <p class="soft">
      By ${first.run}. Drawn by seed from the targets, live and spoof in turns, not picked: wrong ones are
      shown as they come. The bar is P(live), the mark on it the dev threshold.
    </p>
    ${maps.length === 0 ? null : attentionLegend(most)}
    <div class="cards">${report.samples.map((sample) => card(sample, thumbnails.get(sample.id), most))}</div>
  </section>`;
}

function attentionLegend(most: number): SafeHtml {
  return html`<p class="soft">
      At the right of each frame: where the model looks, a square a patch. Attention of the last layer that
      reads the patches, averaged over its heads and queries, as multiples of the share that a patch would
      have if all had the same. It shows what the model weighs, not why it decides.
    </p>
    <div class="ramp soft">
      <i style="background: ${attentionGradient}"></i>
      <span>0</span>
      <span style="left: ${(attentionLevel(1, most) * 100).toFixed(0)}%">1 ×</span>
      <span style="left: 100%">${most.toFixed(1)} ×</span>
    </div>`;
}

function card(sample: SampleVerdict, thumbnail: string | undefined, most: number): SafeHtml {
  const { id, dataset, label, attack, score, threshold, sentence, attention } = sample;
  const verdict = score >= threshold ? "live" : "spoof";
  const truth = label === "live" ? "live" : attack;
  const image = thumbnail
    ? html`<img src="${thumbnail}" alt="Frame ${id}: ${truth}" />`
    : html`<div class="blank">image not at hand</div>`;
  return html`<article class="card">
    ${attention ? html`<div class="pair">${image}${looks(attention, thumbnail, most)}</div>` : image}
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

// The frame loses its colours under the map, so that a colour there always means attention.
function looks(attention: readonly number[], thumbnail: string | undefined, most: number): SafeHtml {
  const grid = Math.sqrt(attention.length);
  const place = attention.indexOf(Math.max(...attention));
  const where = `row ${Math.floor(place / grid) + 1}, column ${(place % grid) + 1} of ${grid}`;
  return html`<div class="looks">
    ${thumbnail ? html`<img src="${thumbnail}" alt="" />` : null}
    <img
      class="heat"
      src="${attentionMap(attention, most)}"
      alt="Attention over the patches, most at ${where}"
    />
  </div>`;
}
