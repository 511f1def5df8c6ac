/** @file Which kernels compute attention on a device, and how their work is cut. */

import { run } from "../../autograd/defineOp.ts";
import { addGradients } from "../../autograd/addGradients.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { castInto } from "../layout/cast.ts";
import { zeros } from "../../tensor/create.ts";
import type { Device } from "../../tensor/device.ts";
import { Tensor } from "../../tensor/tensor.ts";
import {
  attentionBackwardKeyPlain,
  attentionBackwardQueryPlain,
  attentionForwardPlain,
  type PlainVariant,
} from "./attentionPlain.wgsl.ts";
import {
  attentionWeighShared,
  attentionWeightsShared,
  weighedRows,
  weightRows,
} from "./attentionBackward.wgsl.ts";
import { fillLse, withNaturalLse } from "./attentionLse.ts";
import { attentionForwardShared, sharedVariant } from "./attentionShared.wgsl.ts";
import { attentionStats } from "./attentionStats.wgsl.ts";
import { type AttentionProblem, defaultPlain, plainVariant, sharingLanes } from "./attentionVariant.ts";
import { chooseAttention } from "./chooseAttention.ts";
import { type Stored, storedAs } from "./storedAs.ts";

/** What the kernels read; `visible` is the mask of keys, if there is one. */
export interface AttentionInputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly visible?: Tensor | undefined;
}

export interface AttentionAttributes {
  /** Keys visible to every query. */
  readonly prefix: number;
  readonly scale: number;
}

type Saved = AttentionInputs & { readonly y: Tensor; readonly lse: Tensor };

/** Fills y and lse. */
export function runForward({ q, k, v, visible, y, lse }: Saved, attributes: AttentionAttributes): void {
  const work = workOf(q, k, visible !== undefined, attributes);
  const { batch, tokens, heads, quads, lanes, dtype, uniforms } = work;
  const tensors = { q, k, v, y, lse, visible: visible ?? k };
  const chosen = chooseAttention(q.device, "forward", work.problem);
  if (chosen.kind === "shared") {
    const variant = sharedVariant(quads, lanes, chosen.rows);
    const units = batch * heads * Math.ceil(tokens / variant.rows);
    run(
      attentionForwardShared({ ...variant, dtype }),
      tensors,
      { ...uniforms, units, unitRows: variant.rows },
      units,
    );
  } else {
    const units = batch * heads * tokens;
    const kernel = attentionForwardPlain({ ...plainVariant(work.problem.dim, chosen.rolled), dtype });
    fillLse(lse, lanes, (natural) => {
      run(kernel, { ...tensors, lse: natural }, { ...uniforms, units }, Math.ceil(units / 64));
    });
  }
}

/** Gradients of q, k and v. */
export function runBackward(saved: Saved, dy: Tensor, attributes: AttentionAttributes, ofKeys: boolean) {
  const { q, k, v, y, lse, visible } = saved;
  const work = workOf(q, k, visible !== undefined, attributes);
  const { batch, tokens, heads, quads, lanes, dtype, problem } = work;
  const none = (x: Tensor) => (ofKeys ? zeros(x.device, x.shape, dtype) : undefined);
  if (dy.size === 0) return { q: like(q), k: none(k), v: none(v) };
  const stats = Tensor.allocate(q.device, [batch, heads, tokens, 2], "f32", "[attention] stats");
  const units = batch * heads * tokens;
  const fillStats = (logs: Tensor) => {
    const sizes = { tokens, heads, quads, units };
    run(attentionStats({ dtype }), { y, dy, lse: logs, stats }, sizes, Math.ceil(units / 64));
  };
  const tensors = { q, k, v, dy, stats, visible: visible ?? k };
  const wanted = { q: like(q), k: ofKeys ? like(k) : undefined, v: ofKeys ? like(v) : undefined };
  const chosen = chooseAttention(q.device, "backward", problem);
  const passes = chosen.kind === "passes" ? passesOf(work, chosen.rows, q.device) : undefined;
  const { rolled } = chosen.kind === "plain" ? chosen : defaultPlain(q.device.info, problem.dim);
  if (passes) fillStats(lse);
  else withNaturalLse(lse, lanes, fillStats);
  const gradients = passes
    ? backwardByPasses(work, passes, tensors, wanted)
    : backwardPlain(work, plainVariant(problem.dim, rolled), tensors, wanted);
  stats.dispose();
  return gradients;
}

const like = (x: Tensor, dtype = x.dtype) =>
  Tensor.allocate(x.device, x.shape, dtype, "[attention] gradient");

interface Gradients {
  readonly q: Tensor;
  readonly k: Tensor | undefined;
  readonly v: Tensor | undefined;
}

interface BackwardTensors extends AttentionInputs {
  readonly visible: Tensor;
  readonly dy: Tensor;
  readonly stats: Tensor;
}

/** Each side computes the scores for itself. */
function backwardPlain(
  work: Work,
  variant: PlainVariant,
  tensors: BackwardTensors,
  wanted: Gradients,
): Gradients {
  const { batch, tokens, keys, heads, keyHeads, dtype, uniforms } = work;
  const kernels = plainBackward({ ...variant, dtype });
  const queries = batch * heads * tokens;
  run(kernels.query, { ...tensors, dq: wanted.q }, { ...uniforms, units: queries }, Math.ceil(queries / 64));
  const { k: dk, v: dv } = wanted;
  if (!dk || !dv) return wanted;
  const units = batch * keyHeads * keys;
  run(kernels.key, { ...tensors, dk, dv }, { ...uniforms, units }, Math.ceil(units / 64));
  return wanted;
}

const plainBackward = byVariant((variant: PlainVariant & Stored) => ({
  query: attentionBackwardQueryPlain(variant),
  key: attentionBackwardKeyPlain(variant),
}));

/** The weights of some queries at a time, and what follows from them. */
function backwardByPasses(
  work: Work,
  passes: Passes,
  tensors: BackwardTensors,
  wanted: Gradients,
): Gradients {
  const { batch, tokens, keys, heads, keyHeads, quads, lanes, dtype, uniforms } = work;
  const { blocks, keyQuads, slopes } = passes;
  const { q, k, v, dy, stats, visible } = tensors;
  const { fold } = sharedVariant(quads, lanes, weighedRows);
  const pieces = Math.ceil(quads / (lanes / fold));
  // Sums over several passes are f32 until the last.
  const partial = dtype === "f16" && tokens > blocks * weightRows;
  const ofQueries = attentionWeighShared({ rows: "queries", lanes, fold, dtype });
  const ofKeys = attentionWeighShared({ rows: "keys", lanes, fold, dtype, ...(partial && { partial }) });
  const weights = Tensor.allocate(q.device, [2 * slopes, 4], "f32", "[attention] weights");
  const begun = (x: Tensor | undefined) => (x && partial ? like(x, "f32") : x);
  let [dk, dv] = [begun(wanted.k), begun(wanted.v)];
  for (let begin = 0; begin < tokens; begin += blocks * weightRows) {
    const until = Math.min(tokens, begin + blocks * weightRows);
    const here = Math.ceil((until - begin) / weightRows);
    const pass = { ...uniforms, begin, until, blocks: here, keyQuads, slopes };
    const units = batch * heads * here;
    run(
      attentionWeightsShared({ lanes, dtype }),
      { q, k, v, dy, stats, weights, visible },
      { ...pass, units, unitRows: weightRows },
      units,
    );
    const queryUnits = batch * heads * Math.ceil((until - begin) / weighedRows) * pieces;
    run(
      ofQueries,
      { x: k, weights, y: wanted.q, visible },
      { ...pass, offset: slopes, units: queryUnits, unitRows: weighedRows },
      queryUnits,
    );
    const keyUnits = batch * keyHeads * Math.ceil(keys / weighedRows) * pieces;
    const weigh = (x: Tensor, before: Tensor | undefined, offset: number, scale: number) => {
      if (!before) return undefined;
      const y = begin === 0 ? before : like(before);
      run(
        ofKeys,
        { x, weights, y, visible },
        { ...pass, offset, scale, units: keyUnits, unitRows: weighedRows },
        keyUnits,
      );
      if (begin === 0) return y;
      const sum = addGradients(before, y);
      before.dispose();
      y.dispose();
      return sum;
    };
    dv = weigh(dy, dv, 0, 1);
    dk = weigh(q, dk, slopes, uniforms.scale);
  }
  weights.dispose();
  if (!partial) return { q: wanted.q, k: dk, v: dv };
  for (const [sum, rounded] of [
    [dk, wanted.k],
    [dv, wanted.v],
  ]) {
    if (!sum || !rounded) continue;
    castInto(sum, rounded);
    sum.dispose();
  }
  return wanted;
}

interface Passes {
  /** Blocks of rows in a pass. */
  readonly blocks: number;
  /** Quads of a row of weights. */
  readonly keyQuads: number;
  /** Quads of the weights, after which their slopes begin. */
  readonly slopes: number;
}

/** Passes of at most `passRows` queries and `weightBytes`, or undefined where not even one block of rows is bound. */
function passesOf(
  { batch, tokens, keys, heads, lanes }: Work,
  passRows: number,
  device: Device,
): Passes | undefined {
  const keyQuads = Math.ceil(keys / (4 * lanes)) * lanes;
  const blockBytes = batch * heads * weightRows * keyQuads * 16 * 2;
  if (blockBytes > device.maxBindingBytes) return undefined;
  const all = Math.ceil(tokens / weightRows);
  const most = Math.min(weightBytes, device.maxBindingBytes);
  const fit = Math.min(all, passRows / weightRows, Math.floor(most / Math.max(1, blockBytes)));
  const blocks = Math.ceil(all / Math.ceil(all / Math.max(1, fit)));
  return { blocks, keyQuads, slopes: batch * heads * blocks * weightRows * keyQuads };
}

const weightBytes = 2 ** 26;

type Work = ReturnType<typeof workOf>;

function workOf(q: Tensor, k: Tensor, masked: boolean, { prefix, scale }: AttentionAttributes) {
  const [batch, tokens, heads, dim] = q.shape as [number, number, number, number];
  const [, keys, keyHeads] = k.shape as [number, number, number, number];
  const quads = dim / 4;
  const uniforms = {
    quads,
    tokens,
    keys,
    heads,
    keyHeads,
    group: heads / keyHeads,
    prefix,
    scale,
    masked: masked ? 1 : 0,
  };
  const lanes = sharingLanes(q.device.info);
  const stored = storedAs(q);
  const problem: AttentionProblem = {
    batch,
    tokens,
    keys,
    heads,
    keyHeads,
    dim,
    causal: prefix < keys,
    ...stored,
  };
  return { batch, tokens, keys, heads, keyHeads, quads, lanes, ...stored, uniforms, problem };
}
