/** @file The counts of SCF's stages as lines of text. */

import type { FilterCounts } from "@candor/data";
import type { FinetuneCounts } from "./finetuneStage.ts";
import type { GeneralCounts } from "./generalStage.ts";
import type { RecaptionCounts } from "./recaptionStage.ts";

/** One or more lines about the general stage. */
export function showGeneral(counts: GeneralCounts): string {
  const { captioner, frames, captioned, kept, unused, noise, server } = counts;
  const lines = [
    `general: ${captioned} of ${frames} frames captioned (${captioner}), ${kept} of them before`,
  ];
  if (noise) {
    lines.push(
      `  drawn noise: ${percent(noise.missing)} of the true items missing, ${percent(noise.wrong)} of the spoof frames ` +
        `with a wrong one, ${percent(noise.falseOnLive)} of the live frames with a false one`,
    );
  }
  if (server) {
    lines.push(
      `  ${server.promptTokens} + ${server.completionTokens} tokens, ${server.retries} retries, ${server.failed} failed`,
    );
  }
  if (unused) lines.push(`  ${unused} captions of the file belong to no frame here`);
  return lines.join("\n");
}

/** The filter's counts, a line an attack, and its precision and recall where they are known. */
export function showFilter(counts: FilterCounts, title = "filter"): string {
  const { spoof, kept, byAttack, otherAttackOnly, live, liveHits, liveHitsByAttack, truth } = counts;
  const lines = [
    `${title}: ${kept} of ${spoof} spoof captions hold a keyword of their attack (${percent(kept / spoof)}), ` +
      `${otherAttackOnly} one of another attack only`,
    ...Object.entries(byAttack).map(
      ([attack, of]) => `  ${attack.padEnd(10)} ${of.kept} of ${of.spoof} (${percent(of.kept / of.spoof)})`,
    ),
    `  false hits on live: ${liveHits} of ${live} (${percent(liveHits / live)})` +
      Object.entries(liveHitsByAttack)
        .map(([attack, hits]) => `, ${attack} ${hits}`)
        .join(""),
  ];
  lines.push(
    truth
      ? `  truth: ${truth.right} right, ${truth.wrong} wrong, ${truth.silent} silent; ` +
          `precision ${percent(truth.precision)}, recall ${percent(truth.recall)}`
      : "  precision and recall: not known, as these captions' truth is not known",
  );
  return lines.join("\n");
}

/** One line about the training. */
export function showFinetune(counts: FinetuneCounts): string {
  const { trainPairs, devPairs, steps, kept, devLoss, samplesPerSecond } = counts;
  const loss = devLoss === undefined ? "" : `, dev loss ${devLoss.toFixed(4)} a token`;
  const rate = samplesPerSecond === undefined ? "" : `, ${samplesPerSecond.toFixed(1)} samples/s`;
  return `finetune: ${trainPairs} train and ${devPairs} dev pairs, ${steps} steps, ${kept} of them before${loss}${rate}`;
}

/** The new captions beside the old ones. */
export function showRecaption(counts: RecaptionCounts): string {
  const { spoof, captioned, kept, distinct, live, liveWithout, before, after, namedBefore, namedAfter, out } =
    counts;
  return [
    `recaption: ${captioned} of ${spoof} spoof frames captioned again, ${kept} of them before; ${distinct} different ` +
      `sentences; ${live} live frames keep the general caption, ${liveWithout} have none`,
    showFilter(before, "  before"),
    showFilter(after, "  after"),
    `  captions that name the frame's attack: ${percent(namedBefore)} before, ${percent(namedAfter)} after`,
    ...(namedAfter < namedBefore
      ? [
          "  the captioner names the attack less often than the general captions do: train it for more --steps",
        ]
      : []),
    ...(out ? [out] : []),
  ].join("\n");
}

function percent(share: number): string {
  return Number.isNaN(share) ? "-" : `${(100 * share).toFixed(1)} %`;
}
