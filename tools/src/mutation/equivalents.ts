/** @file Mutants that no test can kill on any adapter, since they compute the same, with the reason for each. */

import { attentionEquivalents } from "./attentionEquivalents.ts";
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

/** Every entry is argued from the kernel's text. */
export const equivalents: readonly LetOff[] = [
  {
    kernel: /^adamW\.norm$/,
    fault: "comparison",
    line: /^if \(lane == 0u\)/,
    reason: "all lanes have the same sum, and all but the first write it to the same place",
  },
  {
    kernel: /^(adamW\.update|gradNorm\.clip)$/,
    fault: "bound",
    line: /length <= maxNorm/,
    reason: "at the limit itself the factor is maxNorm / length = 1, as without clipping",
  },
  ...afterTheLast(/^adamW\.sumSquares$/, 6),
  ...afterTheLast(/^adamW\.update$/, 2),
  ...afterTheLast(/^sgd\.update$/, 3),
  ...afterTheLast(/^sgd\.momentum$/, 2),
  {
    kernel: /^shared\.hyperbolicTangent$/,
    fault: "bound",
    line: /s < vec4<f32>\(0\.0625\)/,
    reason: "at 1/4 itself the series and the adapter's tanh are both good",
  },
  {
    kernel: /^cast\.f16\.(i32|u32)$/,
    fault: "bound",
    line: /x >= vec4<f32>\(0x1p3[12]\)/,
    reason: "no half is that number: those from it on are infinite",
  },
  {
    kernel: /^leakyRelu\.forward$/,
    fault: "bound",
    line: /x > vec4<f32>\(0\.0\)/,
    reason: "at 0 both sides are 0",
  },
  {
    kernel: /^crossEntropy\.forward(\.f16)?$/,
    fault: "comparison",
    line: /^if \(lane > 0u\) \{ return; \}$/,
    reason: "all lanes have the same sums, and so write the same values to the same places",
  },
  {
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^return beyond/,
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
    kernel: /^batchNorm\.(statistics|backward\.params)(\.f16)?$/,
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
  {
    kernel: /^shared\.logOnePlus$/,
    fault: "bound",
    line: /u < vec4<f32>\(0\.1\)/,
    reason: "differs at 0.1 alone, where both forms are as exact as is promised",
  },
  ...matmulEquivalents,
  ...attentionEquivalents,
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
  {
    kernel: /^layout\.(stridedCopy\d|insert)$|^gather\.forward$|^slice\.backward\.x$/,
    fault: "bound",
    line: /(place|source) < params\.window/,
    mutated: /(place|source) <= params\.window/,
    reason:
      "what comes from the first place after a window is written again from the next one, which comes after it",
  },
  {
    kernel: /^layout\.stridedCopy1$/,
    fault: "sign",
    line: /^let place = params\.offset - params\.begin;/,
    reason: "what is repeated along one axis is one element, whose window begins at 0",
  },
  {
    kernel: /^layout\.stridedCopy3$/,
    fault: "sign",
    line: /params\.offset \+ i0 \* params\.step0 \+ i1 \* params\.step1( - params\.begin|\]\))/,
    mutated: /params\.offset - i0/,
    reason:
      "axes that are repeated take turns with others: of three that end with such a one, the first does not move",
  },
];
