/** @file Every figure of one sample set as text, for `bench:score`. */

import type { Interval } from "../metrics/bootstrap.ts";
import type { Judgement } from "../metrics/judgeSamples.ts";
import { percent, percentInterval } from "./formatFigures.ts";

/**
 * One line a figure, in per cent.
 *
 * @param title what was judged, such as `"foreign, 80 videos"`
 */
export function renderJudgement(title: string, judgement: Judgement): string {
  const lines = [
    figure(
      "HTER, literature (threshold at own EER)",
      judgement.hterLiterature,
      judgement.hterLiteratureInterval,
    ),
    figure("HTER, FLIP's grid of 10,001 thresholds", judgement.hterFlipGrid),
    figure("HTER, dev threshold", judgement.hterAtDevThreshold),
    figure("EER", judgement.eer),
    figure("AUC", judgement.auc, judgement.aucInterval),
    figure("TPR@FPR=1%, positive = live", judgement.tprAtFpr1Live),
    figure("TPR@FPR=1%, positive = spoof", judgement.tprAtFpr1Spoof),
    ...Object.entries(judgement.apcerByAttack).map(([attack, share]) => figure(`APCER, ${attack}`, share)),
    figure("APCER, worst attack", judgement.apcerMax),
    figure("BPCER", judgement.bpcer),
    figure("ACER, dev threshold (deprecated)", judgement.acerDeprecated),
  ];
  const width = Math.max(...lines.map(([head]) => head.length));
  return [
    `${title}: ${judgement.live} live, ${judgement.spoof} spoof, ${judgement.subjects} subjects`,
    ...lines.map(([head, share, interval]) =>
      `  ${head.padEnd(width)}  ${share.padStart(6)}  ${interval}`.trimEnd(),
    ),
    ...judgement.notes.map((note) => `  note: ${note}`),
  ].join("\n");
}

function figure(
  head: string,
  share: number | null,
  interval: Interval | null = null,
): [string, string, string] {
  return [head, percent(share), interval ? `[${percentInterval(interval)}]` : ""];
}
