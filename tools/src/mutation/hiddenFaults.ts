/** @file Faults that some adapters hide, whatever the tests: what each adapter does there that others need not. */

import type { AdapterKind } from "./mutationAdapter.ts";
import type { LetOff } from "./letOff.ts";

/** A fault that an adapter hides: other hardware shows it. */
export interface HiddenFault extends LetOff {
  readonly on: readonly AdapterKind[];
}

/** Drops what is written outside of a binding, and gives 0 where it is read; others write to the last quad instead. */
const lavapipe: readonly AdapterKind[] = ["lavapipe"];
/** Run the lanes of a workgroup in order, and start workgroups so. */
const software: readonly AdapterKind[] = ["lavapipe", "swiftshader"];

const pastTheEnd =
  "one invocation or workgroup more; what it writes begins where the tensor ends: in the padding of its last quad, which " +
  "no tensor shows, or outside of the binding";

const lanesInOrder =
  "lane `half` spoils its own place, which lane 0 has read by then, as lanes run in order, and which no later round reads";

const nextItemsRows =
  "rows past the last are the first of the next item, whose own workgroups come after and write them again, or of none";

/** Each entry is argued from the kernel's text and from what the adapter does. */
export const hiddenFaults: readonly HiddenFault[] = [
  {
    on: lavapipe,
    kernel: /./,
    fault: "bound",
    line: /^if \((4u \* )?(i|at|quad \* 4u) (<|>=) params\.(quads\d?|count)\)/,
    mutated: /^if \((4u \* )?(i|at|quad \* 4u) (<=|>) params\./,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel:
      /^(softmax|layerNorm|rmsNorm)\.(forward|backward\.x)$|^crossEntropy\.(forward|backward\.logits)(\.f16)?$/,
    fault: "bound",
    line: /^if \(row >= params\.rows\)/,
    mutated: /row > params/,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel: /^(layerNorm\.backward\.params|rmsNorm\.backward\.weight|rotaryEmbedding(\.offset)?)$/,
    fault: "bound",
    line: /^if \(unit >= params\.count\)/,
    mutated: /unit > params/,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel:
      /^attention\.((forward|backward\.(query|key))(\.shared)?|backward\.stats|appendKeyValue|decode\.split)$/,
    fault: "bound",
    line: /^if \(unit >= params\.units\)/,
    mutated: /unit > params/,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel: /^batchNorm\.backward\.params\.part$/,
    fault: "bound",
    line: /^for \(var i = lane; i < params\.each; i \+= WG\)/,
    reason: "the element past a part lies outside of its binding, where 0 is read",
  },
  {
    on: lavapipe,
    kernel: /^rmsNorm\.backward\.x$/,
    fault: "bound",
    line: /part \+= unpackHalves\(dy/,
    mutated: /i <= params\.items/,
    reason: "the item past the last is multiplied by the weight past the vector's end, which is read as 0",
  },
  {
    on: lavapipe,
    kernel: /^attention\.visibility$/,
    fault: "bound",
    line: /^if \(batch >= params\.batches\)/,
    mutated: /batch > params/,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel: /^arg(max|min)$/,
    fault: "bound",
    line: /^if \(group >= params\.count\)/,
    mutated: /group > params/,
    reason: pastTheEnd,
  },
  {
    on: lavapipe,
    kernel: /^batchNorm\.(statistics(\.part|\.joined)?|running|backward\.params(\.part)?)(\.f16)?$/,
    fault: "bound",
    line: /^if \((channel|i) >= params\.channels\)/,
    mutated: /(channel|i) > params/,
    reason: pastTheEnd,
  },
  {
    on: software,
    kernel: /^matmul\.(register|tile)$/,
    fault: "bound",
    line: /^if \(row \+ \d+u < params\.rows\)/,
    reason:
      "one row past the last is the first of the next item, whose own invocations write it after, or lies outside of the " +
      "binding",
  },
  {
    on: lavapipe,
    kernel: /^attention\.backward\.weights\.shared$/,
    fault: "bound",
    line: /^if \(unit >= params\.units\)/,
    mutated: /unit > params/,
    reason:
      "only a grid of more than 65,535 workgroups is folded and so may have one more; the weights of so many take 256 MiB, " +
      "of which lavapipe binds 128: these sizes run without subgroups",
  },
  {
    on: lavapipe,
    kernel: /^matmul\.(register|broadcast|tile|matrix|element)$/,
    fault: "bound",
    line: /^if \(unit >= params\.units\)/,
    mutated: /unit > params/,
    reason: pastTheEnd,
  },
  {
    on: software,
    kernel: /^matmul\.broadcast$/,
    fault: "sign",
    line: /^let heldRows = min\(params\.unitRows, params\.rows - row\)/,
    reason: nextItemsRows,
  },
  {
    on: software,
    kernel: /^matmul\.(tile|matrix)$/,
    fault: "bound",
    line: /^for \(var i = lane; i < (SIDE \* DEPTH \/ 4u|TILE_DEPTH \* \(TILE_ROWS \/ 4u\)); i \+= WG\)/,
    reason:
      "lane 0 then writes past its tile, which is to the last place of it, as indices are clamped; the last lane, whose " +
      "place this is, comes after, as lanes run in order",
  },
  {
    on: software,
    kernel: /^matmul\.(register|broadcast|tile|matrix)$/,
    fault: "bound",
    line: /^if \(row < params\.rows\) \{ sums\[split/,
    reason: "one sum past the last is the first of the next split, whose own invocations write it after",
  },
  {
    on: software,
    kernel: /^matmul\.matrix$/,
    fault: "bound",
    line: /^for \(var i = lane; i < \d+u; i \+= WG\)/,
    reason:
      "one quad more is the first of the block of rows below, whose own workgroup comes after and writes it, or of none",
  },
  {
    on: software,
    kernel: /^matmul\.matrix$/,
    fault: "bound",
    line: /^if \(lane < SIDE/,
    reason:
      "the emulated subgroups that sum have 16 lanes, so that a workgroup has no lane more; some have 32",
  },
  {
    on: software,
    kernel: /^imagesFromBytes$/,
    fault: "bound",
    line: /^for \(var c = 0u; c < 3u/,
    reason:
      "nearly always: a fourth plane is the next image's first, whose own invocations write it " +
      "after, as these drivers run neighbouring workgroups in order",
  },
  {
    on: software,
    kernel: /^shared\.workgroupSum$/,
    fault: "bound",
    line: /^if \(lane < half\)/,
    reason: lanesInOrder,
  },
  {
    on: software,
    kernel: /^shared\.normals$/,
    fault: "sign",
    line: /cos\(/,
    mutated: /\+ 0\.5\)/,
    reason:
      "a whole turn more: the same on adapters whose cosine is as exact beyond π, which WGSL does not promise and software " +
      "adapters keep",
  },
  {
    on: software,
    kernel: /^attention\.backward\.(key|query)\.shared$/,
    fault: "sign",
    line: /^let unitRows = min\(params\.unitRows, count - first\)/,
    reason: nextItemsRows,
  },
  {
    on: software,
    kernel: /^attention\.forward\.shared$/,
    fault: "sign",
    line: /^let rows = min\(params\.unitRows, count - first\)/,
    reason: nextItemsRows,
  },
  {
    on: software,
    kernel: /^attention\.visibility$/,
    fault: "bound",
    line: /^for \(var quad = lane; quad < quads/,
    reason: nextItemsRows,
  },
  {
    on: software,
    kernel: /^attention\.decode\.(split|join)$/,
    fault: "bound",
    line: /lane (<|>=) params\.quads\)/,
    mutated: /lane (<=|>) params\.quads\)/,
    reason: nextItemsRows,
  },
  {
    on: lavapipe,
    kernel: /^attention\.decode\.join$/,
    fault: "bound",
    line: /^if \(row >= params\.units \|\|/,
    mutated: /^if \(row > params/,
    reason: pastTheEnd,
  },
  {
    on: software,
    kernel: /^attention\.decode\.split$/,
    fault: "bound",
    line: /^if \(lane < half\)/,
    reason: lanesInOrder,
  },
  {
    on: lavapipe,
    kernel: /^embedding\.backward\.count$/,
    fault: "bound",
    line: /params\.vocabulary/,
    reason: "the slots of one id more lie outside of the binding, where writes are dropped",
  },
  {
    on: software,
    kernel: /^embedding\.backward\.scan$/,
    fault: "barrier",
    line: /./,
    reason: "a lane reads the totals of lower lanes only, and these drivers run lanes in order",
  },
  {
    on: lavapipe,
    kernel: /^embedding\.backward\.weight$/,
    fault: "bound",
    line: /^if \(id > 0u\) \{ first = /,
    reason: "reads slot -1, outside of the binding, which gives the 0 that first has already",
  },
  {
    on: lavapipe,
    kernel: /^gather\.backward\.x$/,
    fault: "bound",
    line: /^if \(source >= params\.window\)/,
    reason: "reads dy just after the window, outside of the binding, which gives a 0 to add",
  },
];
