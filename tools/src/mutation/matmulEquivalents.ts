/** @file Mutants of matmul that compute the same, with the reason for each. */

import type { LetOff } from "./letOff.ts";

const tilings = /^matmul\.(broadcast|register|tile|matrix|element)$/;
const pastTheEnd = "rows and columns past the end of y are not stored, whatever they compute";

/** Every entry is argued from the kernels' text. */
export const matmulEquivalents: readonly LetOff[] = [
  {
    kernel: tilings,
    fault: "sign",
    line: /^(return [ab](Four|Two)\(min\(|let at = min\()(row|column), params\.(rows|columns) - [14]u\)/,
    mutated: /params\.(rows|columns) \+ [14]u/,
    reason: pastTheEnd,
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let (readColumn = min\(column, |lastColumn = )\(\(params\.columns - 1u\)/,
    reason: pastTheEnd,
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let last = (at \+ )?params\.columns - 1u/,
    mutated: /params\.columns \+ 1u|1u \+ column/,
    reason: "what is read past the end of a row is not stored",
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /[ab]Four\(min\(k, params\.depth - 1u\)/,
    mutated: /params\.depth \+ 1u/,
    reason: "what is read past the end of the depth gives way to 0",
  },
  {
    kernel: /^matmul\.(tile|matrix)$/,
    fault: "bound",
    line: /[ab]Four\(min\(k, params\.depth - 1u\)/,
    reason: "these tilings ask for steps before the end of the depth alone",
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let block\d+ = aAlongRows\(.* % 1u\) \* 4u, aBase\)/,
    mutated: /row - \(/,
    reason: "what is subtracted is 0",
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let block0 = aAlongRows\(k \+ \(0u\) \//,
    mutated: /\(k - \(0u\)/,
    reason: "what is subtracted is 0",
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let (last = width - 1u;|two = vec2<f32>\(.*width - 1u)/,
    reason: "what is read past the end of a row gives way to 0",
  },
  {
    kernel: tilings,
    fault: "sign",
    line: /^let end = min\(params\.depth, \(split \+ 1u\) \* params\.splitDepth\)/,
    reason: "the first split then takes the whole depth (0 - 1 wraps to more than there is), all others none",
  },
  {
    kernel: /^matmul\.register$/,
    fault: "bound",
    line: /^if \(column >= params\.columns\)/,
    reason: "an invocation takes four columns, and there are none for columns past the last",
  },
  {
    kernel: /^matmul\.broadcast$/,
    fault: "comparison",
    line: /^if \(column == 0u && batch == 0u\) \{ storeSum/,
    mutated: /column != 0u/,
    reason: "all lanes of a subgroup have the same sums, and write them to the same places",
  },
  {
    kernel: /^matmul\.tile$/,
    fault: "comparison",
    line: /^if \(column == 0u && batch == 0u\) \{$/,
    mutated: /column != 0u/,
    reason:
      "invocations of all columns have the sums of their rows, those past the last column too, and write the same values",
  },
  {
    kernel: /^matmul\.broadcast$/,
    fault: "sign",
    line: /^let block\d+ = aAlongRows\(.* row \+ \(\(lane \+ \d+u\) % \d+u\)/,
    mutated: /\(\(lane - \d+u\) %/,
    reason:
      "a multiple of four is subtracted, and rows have one, two or four quads: the remainder is the same, past 0 too",
  },
  {
    kernel: /^matmul\.(tile|matrix)$/,
    fault: "bound",
    line: /^for \(var start = split \* params\.splitDepth; start < end/,
    reason: "one step more, at the end of the depth, whose tiles are all 0",
  },
  {
    kernel: /^matmul\.matrix$/,
    fault: "barrier",
    line: /./,
    at: /^main 9$/,
    reason:
      "small tiles of eight rows, the only ones with so many barriers, end with this one: nothing comes after",
  },
];
