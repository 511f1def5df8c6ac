/** @file Building models whose tensors have shapes and no memory. */

let depth = 0;

/**
 * Runs `build` so that the tensors that it makes have a shape and a dtype, but no memory and no values: what a model
 * would take is known, and checked against files, before a byte of it is allocated. `Module.adopt` gives values.
 *
 * @param build makes modules; ops on such tensors throw
 */
export function withoutMemory<T>(build: () => T): T {
  depth++;
  try {
    return build();
  } finally {
    depth--;
  }
}

/** @internal True inside of {@link withoutMemory}. */
export function makesNoMemory(): boolean {
  return depth > 0;
}
