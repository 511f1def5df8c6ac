/** @file Mutants of attention that compute the same, with the reason for each. */

import type { LetOff } from "./letOff.ts";

const unseenWeights =
  "the weights of keys that a row does not see, up to the end of the blocks that its neighbours see, are there, and are 0";

const emptyWeights = "more columns are walked, of finite values, whose weights are 0";
const pastTheLast = "rows past the last query are not stored, whatever they compute";

/** Every entry is argued from the kernels' text. */
export const attentionEquivalents: readonly LetOff[] = [
  {
    kernel: /^attention\.backward\.key\.shared$/,
    fault: "bound",
    line: /^for \(var i = max\(firstQueryOf\(first\)/,
    reason: "one step more, of queries past the end, whose weights are 0",
  },
  ...(["extremum", "sign"] as const).map((fault) => ({
    kernel: /^attention\.(forward|backward\.(query|weights))\.shared$/,
    fault,
    line: /^let end = min\(keysOf\(min\(first \+ ROWS, count\)/,
    mutated: /max\(first \+ ROWS, count\)|min\(first \+ ROWS, count\) \+ 1u/,
    reason: "more keys are walked, up to those of later queries; the end of each row leaves them out",
  })),
  {
    kernel: /^attention\.(forward|backward\.weights)\.shared$/,
    fault: "sign",
    line: /^let mineRow\d+ = min\(first \+ lane.*, count - 1u\)/,
    mutated: /count \+ 1u/,
    reason: pastTheLast,
  },
  {
    kernel: /^attention\.(forward|backward\.weights)\.shared$/,
    fault: "bound",
    line: /^for \(var block = 0u; block < end/,
    reason: "one block more, of keys that no row sees",
  },
  ...(["bound", "index"] as const).map((fault) => ({
    kernel: /^attention\.forward\.shared$/,
    fault,
    line: /^for \(var r = 0u; r < rows; r\+\+\) \{ tops\[r % ROWS\]/,
    mutated: /r <= rows|totals\[r % ROWS \+ 1\]/,
    reason:
      "one row more is the first again, or one past the last query; and sums begin at 0 in any case, as WGSL makes them",
  })),
  {
    kernel: /^attention\.forward\.shared$/,
    fault: "sign",
    line: /^let used = min\(LANES \* 4u, end - block/,
    mutated: /end \+ block/,
    reason: "more columns are weighed, up to the end of the block, whose weights are 0",
  },
  {
    kernel: /^attention\.forward\.shared$/,
    fault: "bound",
    line: /^if \(lane == 0u\) \{ lse\[/,
    mutated: /all >= 0\.0\)/,
    reason: "the sum of a query that sees no key is not used, as there is no key to use it for",
  },
  {
    kernel: /^attention\.backward\.weights\.shared$/,
    fault: "bound",
    line: /^for \(var r = 0u; r < rows/,
    reason: "one row more is the first again, or one past the last query, which is not read",
  },
  {
    kernel: /^attention\.backward\.query\.shared$/,
    fault: "extremum",
    line: /^let end\d+ = min\(keysOf\(row\d+\), endKey\)/,
    reason: unseenWeights,
  },
  {
    kernel: /^attention\.backward\.query\.shared$/,
    fault: "bound",
    line: /^let w\d+ = select\(vec4<f32>\(0\.0\), weights\[/,
    reason: unseenWeights,
  },
  {
    kernel: /^attention\.(forward|backward\.(query|key))$/,
    fault: "sign",
    line: /^let seen = visible\[.* min\(quad, quads - 1u\)/,
    mutated: /min\(quad, quads \+ 1u\)/,
    reason: "these kernels ask for keys that there are",
  },
  {
    kernel: /^attention\.backward\.key$/,
    fault: "bound",
    line: /^let groups = select\(0u, params\.group, j < endOfKeys/,
    reason: "the key after the last visible one is hidden by the mask itself",
  },
  {
    kernel: /^attention\.decode\.split$/,
    fault: "bound",
    line: /^if \(first >= seen\)/,
    reason: "a split without keys then writes parts, which the join does not read",
  },
  {
    kernel: /^attention\.decode\.split$/,
    fault: "sign",
    line: /^let keyAt = base \+ min\(lane, used - 1u\)/,
    mutated: /used \+ 1u/,
    reason: "lanes past the last key then score other rows, and these scores are not taken",
  },
  {
    kernel: /^attention\.decode\.split$/,
    fault: "bound",
    line: /^weights\[lane\] = /,
    reason: "the weight of one key more, which the sum over the keys does not read",
  },
  {
    kernel: /^attention\.decode\.split$/,
    fault: "sign",
    line: /^let own = min\(lane % params\.width, params\.quads - 1u\)/,
    reason: "lanes past the last quad of D then sum other values, and their sums are not written",
  },
  {
    kernel: /^attention\.(decode\.split|visibility)$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes have the same maximum, and all but the first write it to the same place",
  },
  {
    kernel: /^attention\.(forward|backward\.(query|weights))\.shared$/,
    fault: "extremum",
    line: /^let end = min\(keysOf\(min\(first \+ ROWS, count\)/,
    mutated: /= max\(keysOf/,
    reason: `${emptyWeights}: the end of each row leaves them out`,
  },
  {
    kernel: /^attention\.backward\.query\.shared$/,
    fault: "bound",
    line: /^for \(var j = 0u; j < end/,
    reason: `${emptyWeights}: each is asked for below the end of its row alone`,
  },
  {
    kernel: /^attention\.backward\.query\.shared$/,
    fault: "sign",
    line: /^let row\d+ = min\(first \+ .*, count - 1u\)/,
    mutated: /count \+ 1u/,
    reason: `the weights of a row go into its own sum alone, and ${pastTheLast}`,
  },
  {
    kernel: /^attention\.backward\.(key|query)\.shared$/,
    fault: "sign",
    line: /^let readQuad = min\(ownQuad, params\.quads - 1u\)/,
    reason:
      "lanes past the last quad of D then sum other values, which they give to lanes of the same quad alone, and none of " +
      "these stores",
  },
  {
    kernel: /^attention\.backward\.(key|query)\.shared$/,
    fault: "bound",
    line: /^if \(lane >= width \|\|/,
    mutated: /lane > width/,
    reason: "lane `width` has the quad and, after the joins, the very sums of lane 0, which stores the same",
  },
  {
    kernel: /^attention\.backward\.key\.shared$/,
    fault: "sign",
    line: /^let weightQuery = .* % 1u;/,
    mutated: /4u - \(/,
    reason: "what is subtracted is 0",
  },
  {
    kernel: /^attention\.backward\.key\.shared$/,
    fault: "sign",
    line: /^let w\d+ = select\(vec4<f32>\(0\.0\), weights\[.*min\(query\d+, end - 1u\)/,
    mutated: /end \+ 1u/,
    reason: "differs for queries past the last, whose weights give way to 0",
  },
  {
    kernel: /^attention\.(forward|backward\.weights)\.shared$/,
    fault: "sign",
    line: /^let seen = visible\[.* min\(quad, quads - 1u\)/,
    mutated: /min\(quad, quads \+ 1u\)/,
    reason: "differs for columns past the last key, which the end of each row leaves out",
  },
  {
    kernel: /^attention\.forward\.shared$/,
    fault: "sign",
    line: /^let quad\d+ = min\(.*, params\.quads - 1u\)/,
    mutated: /quads \+ 1u/,
    reason: "lanes past the last quad of D then sum other values, and their sums are not stored",
  },
  {
    kernel: /^attention\.forward\.shared$/,
    fault: "comparison",
    line: /^if \(lane == 0u\) \{ lse\[/,
    mutated: /lane != 0u/,
    reason: "all lanes have the same maximum and sum, and all but the first write them to the same place",
  },
  {
    kernel: /^attention\.forward\.shared$/,
    fault: "bound",
    line: /^if \(lane < params\.quads && lane < \d+u\)/,
    mutated: /lane <= \d+u\)/,
    reason:
      "where lanes share quads, D has no more of them than that, and the lane fails the first condition",
  },
  ...(["sign", "extremum"] as const).map((fault) => ({
    kernel: /^attention\.backward\.weights\.shared$/,
    fault,
    line: /^let quad\d+ = min\(/,
    reason: "the quads that a lane owns are for the sum of values, which the forward kernel alone makes",
  })),
  ...(["sign", "extremum"] as const).map((fault) => ({
    kernel: /^attention\.backward\.weights\.shared$/,
    fault,
    line: /^let rows = min\(params\.unitRows, count - first\)/,
    mutated: /count \+ first|max\(/,
    reason:
      "rows past the last query get weights in places of their own, which no one reads; past the 16th the same rows are " +
      "written again, with the same values",
  })),
];
