/** @file What a kernel is told of the part and the window that it sees; see `recordByWindows`. */

import type { UniformNumbers } from "../../kernel/kernelSpec.ts";
import type { Window } from "../../tensor/recordByWindows.ts";

/** Elements of the part, its first one in the whole, and the window's first one and length. */
export const windowUniforms = { count: "u32", first: "u32", begin: "u32", window: "u32" } as const;

/** Their values in buffer elements, which hold `written` tensor elements of the part and `source` of the window. */
export function windowValues(
  { first, count, from, length }: Window,
  written = 1,
  source = written,
): UniformNumbers<typeof windowUniforms> {
  return { count: count / written, first: first / written, begin: from / source, window: length / source };
}
