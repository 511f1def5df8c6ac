/** @file The error that every metric throws on input it cannot judge. */

/** Says which metric refused, why, and what to do. */
export class MetricError extends Error {
  override readonly name = "MetricError";
}
