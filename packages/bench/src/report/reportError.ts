/** @file The error for score files from which no report can be made. */

/** Says what is missing and how to get it. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}
