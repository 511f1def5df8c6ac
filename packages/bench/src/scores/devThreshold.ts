/** @file The threshold that is chosen where nothing is tested: on the dev split of what was trained on. */

import { thresholdAtEer } from "../metrics/equalErrorRate.ts";
import { groupBy } from "../metrics/groupBy.ts";
import type { ScoredSample } from "../metrics/scoredSample.ts";
import { videoScores } from "../metrics/videoScores.ts";
import type { Unit } from "./judgeScores.ts";
import type { ScoreRow } from "./scoreFile.ts";

/**
 * The EER threshold of the rows' dev splits, videos of each data set by themselves.
 *
 * @param unit what is judged; frames of a video are averaged unless it is `"frame"`
 * @returns `null` where they hold one class or nothing
 */
export function devThreshold(rows: readonly ScoreRow[], unit: Unit = "video"): number | null {
  const samples = devSamples(rows, unit);
  const isBoth = new Set(samples.map(({ label }) => label)).size === 2;
  return isBoth ? thresholdAtEer(samples) : null;
}

/** The samples that {@link devThreshold} is chosen on. */
export function devSamples(rows: readonly ScoreRow[], unit: Unit = "video"): readonly ScoredSample[] {
  const dev = rows.filter(({ split }) => split === "dev");
  if (unit === "frame") return dev;
  return [...groupBy(dev, ({ dataset }) => dataset).values()].flatMap((group) => videoScores(group));
}
