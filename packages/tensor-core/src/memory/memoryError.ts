/** @file The error of the memory layer. */

/** Out of memory: the message names the tensor, its shape, what is in use and the budget. */
export class MemoryError extends Error {
  override name = "MemoryError";
}
