/** @file The error of set-up. */

/** A way to an adapter that is closed here; the message says why. */
export class SetupError extends Error {
  override name = "SetupError";
}
