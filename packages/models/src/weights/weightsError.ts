/** @file The error of published weights. */

/** Weights that a model cannot take. The message names the file, the tensor and the way out. */
export class WeightsError extends Error {
  override name = "WeightsError";
}
