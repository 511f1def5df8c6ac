/** @file Draws the frames that a report shows with their verdicts. */

import { createRandom, uniform } from "@candor/data";
import { groupBy } from "../metrics/groupBy.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import type { RunResult, SampleVerdict } from "./report.ts";

/**
 * Draws by seed, never by success: the targets take turns, live and spoof take turns.
 *
 * Frames with a sentence come first; without any, the verdicts are shown bare.
 *
 * @param rows the frames of `run`
 * @returns at most `count` verdicts, fewer if the targets have fewer frames
 */
export function sampleVerdicts(
  rows: readonly ScoreRow[],
  run: Pick<RunResult, "name" | "devThreshold">,
  targets: readonly string[],
  options: { readonly seed: number; readonly count: number },
): SampleVerdict[] {
  const tested = rows.filter((row) => row.split === "test" && targets.includes(row.dataset));
  const explained = tested.filter((row) => row.sentence !== null);
  const random = createRandom(options.seed);
  const shuffled = (explained.length > 0 ? explained : tested)
    .map((row) => ({ row, order: uniform(random) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ row }) => row);
  const piles = groupBy(shuffled, (row) => `${row.dataset} ${row.label}`);
  const drawn: ScoreRow[] = [];
  // With an odd and an even turn a target first shows one class, then the other.
  for (let round = 0; drawn.length < options.count && piles.size > 0; round++) {
    for (const [index, target] of targets.entries()) {
      if (drawn.length === options.count) break;
      const wanted = (index + round) % 2 === 0 ? "live" : "spoof";
      const row = piles.get(`${target} ${wanted}`)?.pop();
      if (row) drawn.push(row);
    }
    for (const [key, pile] of piles) if (pile.length === 0) piles.delete(key);
  }
  return drawn.map(({ id, dataset, label, attack, score, sentence, patchAttention }) => ({
    run: run.name,
    id,
    dataset,
    label,
    attack,
    score,
    threshold: run.devThreshold ?? 0.5,
    sentence,
    attention: patchAttention ? Array.from(patchAttention, (share) => Number(share.toPrecision(4))) : null,
  }));
}
