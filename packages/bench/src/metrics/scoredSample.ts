/** @file What every metric reads: one scored presentation, frame or video. */

import { MetricError } from "./metricError.ts";

/** A frame or a video with its score; live is the positive class everywhere. */
export interface ScoredSample {
  readonly id: string;
  readonly subject: string;
  readonly video: string;
  readonly label: "live" | "spoof";
  /** Attack instrument species; `"none"` on live samples. */
  readonly attack: string;
  /** P(live), in [0, 1]. */
  readonly score: number;
}

/**
 * Refuses samples that would give a silent wrong number.
 *
 * @throws MetricError on a score that is not a probability, an unknown label, a species that contradicts the
 *   label, or an id that occurs twice
 */
export function assertSamples(samples: readonly ScoredSample[]): void {
  const seen = new Set<string>();
  for (const { id, label, attack, score } of samples) {
    if (!(score >= 0 && score <= 1)) {
      throw new MetricError(
        `[metrics] the score of "${id}" is ${score}; scores are P(live) and lie in [0, 1]. Map logits to probabilities first.`,
      );
    }
    if (label !== "live" && label !== "spoof") {
      throw new MetricError(
        `[metrics] the label of "${id}" is "${String(label)}"; labels are "live" or "spoof".`,
      );
    }
    if ((label === "live") !== (attack === "none")) {
      throw new MetricError(
        `[metrics] "${id}" is ${label} with attack "${attack}"; live goes with "none", spoof with a species.`,
      );
    }
    if (seen.has(id)) {
      throw new MetricError(`[metrics] the id "${id}" occurs twice; every sample is counted once.`);
    }
    seen.add(id);
  }
}

/** The scores of the two classes. */
export interface ClassScores {
  readonly live: Float64Array;
  readonly spoof: Float64Array;
}

/**
 * Splits the scores by class.
 *
 * @param metric name of the caller, for the message
 * @throws MetricError if one of the classes is empty or a score is not a number
 */
export function scoresByClass(samples: readonly ScoredSample[], metric: string): ClassScores {
  const pick = (label: string) =>
    Float64Array.from(samples.filter((sample) => sample.label === label).map((sample) => sample.score));
  const classes = { live: pick("live"), spoof: pick("spoof") };
  for (const [label, scores] of Object.entries(classes)) {
    if (scores.length === 0) {
      throw new MetricError(
        `[${metric}] needs both classes, but none of the ${samples.length} samples is ${label}.`,
      );
    }
    if (scores.some(Number.isNaN)) {
      throw new MetricError(`[${metric}] a ${label} score is NaN; the model or the score file is broken.`);
    }
  }
  return classes;
}
