/** @file Attention over a batch that is more than the device binds at once: some of its items after others. */

import { recordByRows } from "../../autograd/defineOp.ts";
import type { RowParts } from "../../tensor/recordByRows.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { stridedCopy } from "../layout/stridedCopy.ts";
import {
  type AttentionAttributes,
  type AttentionInputs,
  runBackward,
  runForward,
} from "./attentionKernels.ts";

type Saved = AttentionInputs & { readonly y: Tensor; readonly lse: Tensor };

/** Fills y and lse. */
export function forwardByBatch(saved: Saved, attributes: AttentionAttributes): void {
  byBatch(saved, (part) => runForward(part, attributes));
}

/** Gradients of q, and of k and v if `ofKeys`. */
export function backwardByBatch(
  saved: Saved,
  dy: Tensor,
  attributes: AttentionAttributes,
  ofKeys: boolean,
): { readonly q?: Tensor | undefined; readonly k?: Tensor | undefined; readonly v?: Tensor | undefined } {
  const { q, k } = saved;
  const most = q.device.maxBindingBytes / sumBytes;
  if (q.size <= most && k.size <= most) return runBackward(saved, dy, attributes, ofKeys);
  const whole = (x: Tensor) => Tensor.allocate(x.device, x.shape, x.dtype, "[attention] gradient");
  const gradients = { q: whole(q), ...(ofKeys ? { k: whole(k), v: whole(k) } : {}) };
  byBatch(
    { ...saved, dy, ...named(gradients) },
    (part) => {
      const found = runBackward(part, part.dy, attributes, ofKeys);
      for (const name of ["q", "k", "v"] as const) {
        const [from, to] = [found[name], part[`d${name}`]];
        if (from && to) stridedCopy("attention", { x: from, offset: 0, strides: [1] }, to.view([to.size]));
      }
    },
    { elementBytes: sumBytes },
  );
  return gradients;
}

/** Gradients of f16 are summed in f32, which must be bound too. */
const sumBytes = 4;

const named = ({ q, k, v }: { readonly q: Tensor; readonly k?: Tensor; readonly v?: Tensor }) => ({
  dq: q,
  dk: k,
  dv: v,
});

/** Calls `record` with tensors of the whole batch, or with those of some items at a time; all begin with the batch. */
function byBatch<T extends AttentionInputs>(
  tensors: T,
  record: (part: T) => void,
  options: RowParts = {},
): void {
  const all = Object.entries(tensors as object) as [string, Tensor | undefined][];
  const given = all.filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  const batch = tensors.q.shape[0] ?? 1;
  const recordItems = (part: Readonly<Record<string, Tensor>>, items: number) => {
    using _gradients = tensors.q.device.scope();
    const shaped = given.map(([name, { shape }]) => [name, part[name]?.view([items, ...shape.slice(1)])]);
    record({ ...tensors, ...Object.fromEntries(shaped) });
  };
  recordByRows(Object.fromEntries(given), batch, recordItems, options);
}
