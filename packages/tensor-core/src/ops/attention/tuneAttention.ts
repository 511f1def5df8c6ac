/** @file Measures the variants of attention on a device and notes the fastest by shape class. */

import { compareVariants } from "../../kernel/compareVariants.ts";
import { full } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { holdingTensors } from "../../tensor/holdingTensors.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { attention } from "./attention.ts";
import { backwardByBatch, forwardByBatch } from "./attentionByBatch.ts";
import {
  type AttentionPass,
  type AttentionProblem,
  attentionVariantName,
  type AttentionVariants,
  attentionVariantsFor,
  defaultAttention,
} from "./attentionVariant.ts";
import {
  attentionClass,
  attentionFamily,
  attentionRevision,
  withAttentionVariant,
} from "./chooseAttention.ts";

/** What was measured for one pass of attention, and what follows. */
export interface TunedAttention {
  readonly problem: AttentionProblem;
  readonly pass: AttentionPass;
  readonly shapeClass: string;
  /** The best time of each variant, the fastest first. */
  readonly tried: readonly { readonly variant: string; readonly ms: number }[];
  /** What would be used without tuning. */
  readonly untuned: string;
  readonly chosen: string;
}

/**
 * Tries every variant on each problem, forward and backward apart, and notes the fastest in `device.tuning`, for problems
 * of the same shape class.
 *
 * A variant must beat the default by 5 %, so that noise changes nothing. Variants take turns, and the best of `repeats`
 * counts.
 *
 * @throws ShapeError as `attention` does, if the sizes do not fit each other
 */
export async function tuneAttention(
  device: Device,
  problems: readonly AttentionProblem[],
  { repeats = 7 }: { readonly repeats?: number } = {},
): Promise<TunedAttention[]> {
  const tuned: TunedAttention[] = [];
  for (const problem of problems) tuned.push(...(await tuneProblem(device, problem, repeats)));
  return tuned;
}

async function tuneProblem(
  device: Device,
  problem: AttentionProblem,
  repeats: number,
): Promise<TunedAttention[]> {
  const { batch, tokens, keys, heads, keyHeads = heads, dim, causal = false, dtype = "f32" } = problem;
  const make = () => {
    const [q, dy] = [0, 1].map(() => full(device, [batch, tokens, heads, dim], 0.5, dtype)) as [
      Tensor,
      Tensor,
    ];
    const [k, v] = [0, 1].map(() => full(device, [batch, keys, keyHeads, dim], 0.5, dtype)) as [
      Tensor,
      Tensor,
    ];
    // It says what does not fit.
    const y = attention(q, k, v, { mask: causal ? "causal" : "none" });
    const lse = Tensor.allocate(device, [batch, heads, tokens], "f32", "[tuneAttention] lse");
    return { q, k, v, y, lse, dy };
  };
  return holdingTensors(device, make, (tensors) => tunePasses(device, problem, tensors, repeats));
}

async function tunePasses(
  device: Device,
  problem: AttentionProblem,
  { dy, ...saved }: Readonly<Record<"q" | "k" | "v" | "y" | "lse" | "dy", Tensor>>,
  repeats: number,
): Promise<TunedAttention[]> {
  const { tokens, keys, dim, causal = false } = problem;
  const attributes = { prefix: causal ? 0 : keys, scale: 1 / Math.sqrt(dim) };
  const compute: Readonly<Record<AttentionPass, () => void>> = {
    forward: () => forwardByBatch(saved, attributes),
    backward: () => void backwardByBatch(saved, dy, attributes, true),
  };
  const recordBy = (pass: AttentionPass, variant?: AttentionVariants[AttentionPass]) => {
    using _scope = device.scope();
    withAttentionVariant(device, variant ? { [pass]: variant } : {}, compute[pass]);
  };
  recordBy("forward"); // fills lse, which the backward kernels read
  const usual = defaultAttention(device.info, dim);
  const listed = attentionVariantsFor(device.info, dim);
  const tuned: TunedAttention[] = [];
  for (const pass of ["forward", "backward"] as const) {
    const candidates = listed[pass]
      .filter((variant) => differs(variant, usual, tokens))
      .map((variant) => ({
        name: attentionVariantName(variant),
        record: () => recordBy(pass, variant),
      }));
    const untuned = attentionVariantName(usual[pass]);
    const { tried, chosen } = await compareVariants(device, candidates, untuned, repeats);
    const shapeClass = attentionClass(problem);
    device.tuning.set(
      attentionFamily(pass, problem),
      attentionRevision(device.info, pass, problem),
      shapeClass,
      chosen,
    );
    tuned.push({
      problem,
      pass,
      shapeClass,
      tried: tried.map(({ name, ms }) => ({ variant: name, ms })),
      untuned,
      chosen,
    });
  }
  return tuned;
}

/** False for passes that cut so few queries as the default does. */
function differs(
  variant: AttentionVariants[AttentionPass],
  { backward }: AttentionVariants,
  tokens: number,
): boolean {
  if (variant.kind !== "passes" || backward.kind !== "passes" || variant.rows === backward.rows) return true;
  return tokens > Math.min(variant.rows, backward.rows);
}
