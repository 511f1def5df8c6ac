/** @file Mutants that no test can kill on any adapter, since they compute the same, with the reason for each. */

import type { LetOff } from "./letOff.ts";
import { matmulEquivalents } from "./matmulEquivalents.ts";

/** A dispatch takes several tensors, each in workgroups of its own. */
const afterTheLast = (kernel: RegExp, last: number): readonly LetOff[] => {
  const reason =
    "the dispatch ends with the last tensor's workgroups: what comes after them has no quads, if it comes at all";
  return [
    { kernel, fault: "bound", line: new RegExp(`^if \\(group < params\\.groups${last}\\)`), reason },
    { kernel, fault: "sign", line: new RegExp(`^group -= params\\.groups${last};`), reason },
  ];
};

const unseenWeights =
  "the weights of keys that a row does not see, up to the end of the blocks that its neighbours see, are there, and are 0";

/** Every entry is argued from the kernel's text. */
export const equivalents: readonly LetOff[] = [
  {
    kernel: /^adamW\.norm$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes have the same sum, and all but the first write it to the same place",
  },
  {
    kernel: /^adamW\.update$/,
    fault: "bound",
    line: /length > params\.maxNorm/,
    reason: "at the limit itself the factor is maxNorm / length = 1, as without clipping",
  },
  ...afterTheLast(/^adamW\.sumSquares$/, 6),
  ...afterTheLast(/^adamW\.update$/, 2),
  ...afterTheLast(/^sgd\.update$/, 3),
  {
    kernel: /^leakyRelu\.forward$/,
    fault: "bound",
    line: /x > vec4<f32>\(0\.0\)/,
    reason: "at 0 both sides are 0",
  },
  {
    kernel: /^crossEntropy\.forward$/,
    fault: "comparison",
    line: /^if \(lane > 0u\) \{ return; \}$/,
    reason: "all lanes have the same sums, and so write the same values to the same places",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^fn precedes/,
    mutated: /i <= j/,
    reason:
      "an element is never compared with itself, save by lanes past the end, where either is the same element",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^if \(lane < half/,
    reason:
      "one lane more joins what is joined elsewhere too: the first of the largest is the same if seen twice",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes but the first write the same place, after the last barrier",
  },
  {
    kernel: /^(layerNorm|rmsNorm)\.forward$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes have the same mean and deviation, and all but the first write them to the same places",
  },
  {
    kernel: /^(layerNorm\.backward\.params|rmsNorm\.backward\.weight)$/,
    fault: "sign",
    line: /^let end = min\(first \+ params\.blockRows/,
    reason:
      "the first block then sums all rows (0 - blockRows wraps to more than there are), all others none",
  },
  {
    kernel: /^batchNorm\.(statistics|backward\.params)$/,
    fault: "comparison",
    line: /^if \(lane != 0u\) \{ return; \}$/,
    reason: "all lanes but the first have the same sums, and write the same values",
  },
  {
    kernel: /^shared\.(power|signedPower)$/,
    fault: "bound",
    line: /^let size = /,
    reason: "at an exponent of 0 the result is 1 in any case",
  },
  {
    kernel: /^shared\.packHalves$/,
    fault: "bound",
    line: /^half = select\(half, tiny, size < vec4<u32>\(0x38800000u\)\)/,
    reason: "differs at 2^-14 alone, where both ways give 0x400",
  },
  {
    kernel: /^shared\.packHalves$/,
    fault: "bound",
    line: /size >= vec4<u32>\(0x477ff000u\)/,
    reason: "differs at 65,520 alone, which rounds up to 0x7c00, infinity, without the bound too",
  },
  {
    kernel: /^shared\.workgroupMax$/,
    fault: "bound",
    line: /^if \(lane < half\)/,
    reason: "one lane more joins what is joined elsewhere too: a maximum is the same if a part is seen twice",
  },
  {
    kernel: /^shared\.errorFunction$/,
    fault: "bound",
    line: /abs\(x\) < vec4<f32>\(0\.05\)/,
    reason: "differs at 0.05 alone, where both forms are as exact as is promised",
  },
  ...matmulEquivalents,
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
    reason: "rows past the last query are not stored, whatever they compute",
  },
  {
    kernel: /^attention\.(forward|backward\.weights)\.shared$/,
    fault: "bound",
    line: /^for \(var block = 0u; block < end/,
    reason: "one block more, of keys that no row sees",
  },
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
    reason:
      "these kernels ask for keys that there are; the limit is for the shared ones, which ask for whole blocks",
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
    kernel: /^dropout/,
    fault: "bound",
    line: /^let kept = /,
    reason: "differs where a random word equals the threshold: one in 2^32",
  },
  {
    kernel: /^embedding\.backward\.scan$/,
    fault: "sign",
    line: /^let last = min\(first \+ params\.perLane/,
    reason: "lane 0 then takes the whole sum (0 - perLane wraps to more than the length), all others nothing",
  },
];
