/** @file The error for a protocol that cannot be run on what it was given. */

/** Says what is missing in the manifest or the runs, and how to get it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}
