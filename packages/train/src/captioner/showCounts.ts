/** @file The counts of SCF's stages as lines of text. */

import type { FilterCounts } from "@candor/data";
import type { FinetuneCounts, TrainingCounts } from "./finetuneStage.ts";
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
      `  ${server.promptTokens} + ${server.completionTokens} tokens, ${server.retries} retries, ${server.failed} failed` +
        (server.cut ? `, ${server.cut} cut short by --max-tokens` : ""),
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

/** A line about each training. */
export function showFinetune(counts: FinetuneCounts): string {
  const { trainPairs, devPairs, grounding, ...captions } = counts;
  return [
    `finetune: ${trainPairs} train and ${devPairs} dev pairs`,
    ...(grounding ? [showTraining("on templates", grounding)] : []),
    showTraining("on captions", captions),
  ].join("\n");
}

function showTraining(title: string, { steps, kept, devLoss, samplesPerSecond }: TrainingCounts): string {
  const loss = devLoss
    ? `, dev loss ${devLoss.own.toFixed(4)} a token, with shuffled images ${devLoss.shuffled.toFixed(4)}`
    : "";
  const rate = samplesPerSecond === undefined ? "" : `, ${samplesPerSecond.toFixed(1)} samples/s`;
  return `  ${title}: ${steps} steps, ${kept} of them before${loss}${rate}`;
}

/** The new captions beside the old ones. */
export function showRecaption(counts: RecaptionCounts): string {
  const { spoof, captioned, kept, distinct, live, liveWithout, before, after, named, out } = counts;
  return [
    `recaption: ${captioned} of ${spoof} spoof frames captioned again, ${kept} of them before; ${distinct} different ` +
      `sentences; ${live} live frames keep the general caption, ${liveWithout} have none`,
    showFilter(before, "  before"),
    showFilter(after, "  after"),
    ...Object.entries(named).map(
      ([split, of]) =>
        `  captions that name the frame's attack, ${split}: ${percent(of.before)} before, ${percent(of.after)} after; ` +
        `${percent(of.shuffled)} if the captions were dealt out at random`,
    ),
    ...(looks(counts)
      ? []
      : [
          "  the captioner ignores the image: train it for more --grounding-steps, and do not use its captions",
        ]),
    ...(out ? [out] : []),
  ].join("\n");
}

/** Whether the captions name more attacks than chance gives them, by three standard deviations of a share. */
function looks({ named, attacks }: RecaptionCounts): boolean {
  if (attacks < 2) return true;
  return Object.values(named).some(
    ({ frames, after, shuffled }) => after - shuffled > 3 * Math.sqrt((shuffled * (1 - shuffled)) / frames),
  );
}

function percent(share: number): string {
  return Number.isNaN(share) ? "-" : `${(100 * share).toFixed(1)} %`;
}
