/** @file Video scores: the mean of the frame probabilities, before any metric. */

import { groupBy } from "./groupBy.ts";
import { MetricError } from "./metricError.ts";
import type { ScoredSample } from "./scoredSample.ts";

/**
 * Averages P(live) over the frames of each video; metrics are then computed over videos.
 *
 * @param frames samples of one data set; videos of several data sets may share a name and must not be mixed
 * @returns one sample a video, in order of first appearance, with the video's name as its id
 * @throws MetricError if the frames of a video disagree on label, attack or subject
 */
export function videoScores(frames: readonly ScoredSample[]): ScoredSample[] {
  return [...groupBy(frames, (frame) => frame.video)].map(([video, group]) => {
    const first = group[0]!;
    for (const frame of group) {
      for (const field of ["label", "attack", "subject"] as const) {
        if (frame[field] === first[field]) continue;
        throw new MetricError(
          `[videoScores] video "${video}": frame "${frame.id}" has ${field} "${frame[field]}", ` +
            `frame "${first.id}" has "${first[field]}". Frames of one video share them; make video names unique.`,
        );
      }
    }
    const score = group.reduce((sum, frame) => sum + frame.score, 0) / group.length;
    return { ...first, id: video, score };
  });
}
