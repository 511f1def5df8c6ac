/** @file Runs that were scored on the same samples, put in the same order. */

import { MetricError } from "../metricError.ts";
import type { ScoredSample } from "../scoredSample.ts";

/**
 * Puts the samples of every run in the order of the first one.
 *
 * @param runs one list a run
 * @throws MetricError if the runs do not hold the same ids with the same labels and subjects
 */
export function alignRuns(runs: readonly (readonly ScoredSample[])[]): ScoredSample[][] {
  const first = runs[0] ?? [];
  return runs.map((run) => {
    const byId = new Map(run.map((sample) => [sample.id, sample]));
    if (byId.size !== first.length || run.length !== first.length) {
      throw new MetricError(
        `[alignRuns] the runs hold ${first.length} and ${run.length} samples; paired tests need the same ones.`,
      );
    }
    return first.map(({ id, label, subject }) => {
      const sample = byId.get(id);
      if (sample?.label === label && sample.subject === subject) return sample;
      throw new MetricError(
        sample
          ? `[alignRuns] "${id}" is ${label} of subject "${subject}" in one run and ${sample.label} of subject ` +
              `"${sample.subject}" in another; paired tests need the same samples.`
          : `[alignRuns] "${id}" is in one run only; paired tests need the same samples.`,
      );
    });
  });
}
