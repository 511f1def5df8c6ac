/** @file The error for score files that cannot be read, written or trusted. */

/** Names the file, the value and the way out. */
export class ScoreFileError extends Error {
  override readonly name = "ScoreFileError";
}
