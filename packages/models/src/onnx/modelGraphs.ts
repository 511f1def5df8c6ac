/** @file Vision transformer, connectors and language model as ONNX nodes: each mirrors the forward pass of its module. */

import { rotaryFrequencies } from "@candor/tensor-core";
import {
  type ConnectorConfig,
  ofClassLayers,
  type QueryConnectorConfig,
} from "../connector/connectorConfig.ts";
import { headWidthOf, type LmConfig } from "../lm/lmConfig.ts";
import { patchCount, prefixCount, type VitConfig } from "../vit/vitConfig.ts";
import {
  attention,
  layerNorm,
  linear,
  mlp,
  multiHeadAttention,
  perItem,
  reshape,
  rmsNorm,
  rows,
  silu,
} from "./layers.ts";
import type { OnnxGraphBuilder, OnnxValue } from "./onnxGraph.ts";

// B batch, S image side, P patch side, N patches, D vision width, L vision layers, T tokens, W width of the language model

const layerNormEps = 1e-5;
const rmsNormEps = 1e-6;

const add = (graph: OnnxGraphBuilder, a: OnnxValue, b: OnnxValue) => graph.node("Add", [a, b]);
const join = (graph: OnnxGraphBuilder, parts: readonly OnnxValue[]) =>
  graph.node("Concat", parts, { axis: 1 });

/** What {@link vitGraph} leaves behind. */
export interface VisionValues {
  /** [B, 1, D] each, the first layer's first. */
  readonly classTokens: readonly OnnxValue[];
  /** [B, N, D] */
  readonly patchTokens: OnnxValue;
  /** [B, 1, D] */
  readonly pooled: OnnxValue;
}

/** Images [B, 3, S, S] to the outputs of the vision transformer. */
export function vitGraph(
  graph: OnnxGraphBuilder,
  name: string,
  config: VitConfig,
  images: OnnxValue,
): VisionValues {
  const { imageSize, patchSize, width, layers, heads, activation, normEps: eps = layerNormEps } = config;
  const side = imageSize / patchSize;
  const cut = reshape(graph, images, [0, 3, side, patchSize, side, patchSize]);
  const patches = graph.node("Transpose", [cut], { perm: [0, 2, 4, 1, 3, 5] });
  const flat = reshape(graph, patches, [0, side * side, 3 * patchSize * patchSize]); // [B, N, 3PP]
  const starts = config.distillationToken ? ["classToken", "distillationToken"] : ["classToken"];
  const tokens = starts.map((token) =>
    perItem(graph, graph.parameter(`${name}.${token}`), [1, width], images),
  );
  const embedded = join(graph, [...tokens, linear(graph, `${name}.patchEmbedding`, flat)]);
  let x = add(graph, embedded, graph.parameter(`${name}.positions`)); // [B, F + N, D]
  if (config.embeddingNorm) x = layerNorm(graph, `${name}.embeddingNorm`, x, eps);
  const classTokens: OnnxValue[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const block = `${name}.blocks.${layer}`;
    const normed = layerNorm(graph, `${block}.attentionNorm`, x, eps);
    const shape = { heads, headWidth: width / heads };
    x = add(graph, x, multiHeadAttention(graph, `${block}.attention`, normed, normed, shape));
    x = add(graph, x, mlp(graph, `${block}.mlp`, layerNorm(graph, `${block}.mlpNorm`, x, eps), activation));
    classTokens.push(rows(graph, x, 0, 1));
  }
  const first = prefixCount(config);
  const last = rows(graph, x, first, first + patchCount(config));
  const finalNorm = (value: OnnxValue) => layerNorm(graph, `${name}.finalNorm`, value, eps);
  return {
    classTokens,
    patchTokens: config.patchNorm ? finalNorm(last) : last,
    pooled: finalNorm(classTokens.at(-1) as OnnxValue),
  };
}

/** The image's tokens of the language model: [B, tokens, W]. */
export function connectorGraph(
  graph: OnnxGraphBuilder,
  name: string,
  config: ConnectorConfig,
  vision: VisionValues,
): OnnxValue {
  const { classTokens, patchTokens } = vision;
  if (config.kind === "linear") return mlp(graph, `${name}.mlp`, patchTokens);
  const { queries, width, depth } = config;
  const learned = perItem(graph, graph.parameter(`${name}.queries`), [queries, width], patchTokens);
  let q = learned;
  if (config.kind === "gac") {
    const taken = join(graph, ofClassLayers(config, classTokens));
    q = join(graph, [learned, linear(graph, `${name}.classProjection`, taken)]);
  }
  for (let i = 0; i < depth; i++) q = queryBlockGraph(graph, `${name}.blocks.${i}`, config, q, patchTokens);
  return linear(graph, `${name}.output`, q);
}

function queryBlockGraph(
  graph: OnnxGraphBuilder,
  name: string,
  { heads, width }: QueryConnectorConfig,
  q: OnnxValue,
  patchTokens: OnnxValue,
): OnnxValue {
  const norm = (part: string, x: OnnxValue) => layerNorm(graph, `${name}.${part}`, x, layerNormEps);
  const shape = { heads, headWidth: width / heads };
  const own = norm("selfNorm", q);
  const mixed = add(graph, q, multiHeadAttention(graph, `${name}.selfAttention`, own, own, shape));
  const patches = norm("patchNorm", patchTokens);
  const cross = multiHeadAttention(graph, `${name}.crossAttention`, norm("crossNorm", mixed), patches, shape);
  const seen = add(graph, mixed, cross);
  return add(graph, seen, mlp(graph, `${name}.mlp`, norm("mlpNorm", seen)));
}

/**
 * Embeddings to the states before the final norm.
 *
 * @param x      [B, T, W]
 * @param length T
 * @param prefix the first tokens, which all tokens see
 * @returns [B, T, W]
 */
export function lmGraph(
  graph: OnnxGraphBuilder,
  name: string,
  config: LmConfig,
  x: OnnxValue,
  { length, prefix }: { readonly length: number; readonly prefix: number },
): OnnxValue {
  const { layers, heads, kvHeads, normEpsilon: eps = rmsNormEps } = config;
  const headWidth = headWidthOf(config);
  const hidden = Float32Array.from({ length: length * length }, (_, i) => {
    const [query, key] = [Math.floor(i / length), i % length];
    return key <= query || key < prefix ? 0 : -1e9;
  });
  const mask = graph.constant(hidden, [length, length]);
  const turn = rotaryTables(graph, config, length);
  let y = x;
  for (let i = 0; i < layers; i++) {
    const layer = `${name}.layers.${i}`;
    const normed = rmsNorm(graph, `${layer}.attentionNorm`, y, eps);
    const map = (part: string) => linear(graph, `${layer}.attention.${part}`, normed);
    const attended = attention(
      graph,
      [
        rotated(graph, map("query"), heads, headWidth, turn),
        rotated(graph, map("key"), kvHeads, headWidth, turn),
        map("value"),
      ],
      { heads, kvHeads, headWidth, mask },
    );
    y = add(graph, y, linear(graph, `${layer}.attention.output`, attended));
    const second = rmsNorm(graph, `${layer}.mlpNorm`, y, eps);
    const gate = silu(graph, linear(graph, `${layer}.mlp.gate`, second));
    const gated = graph.node("Mul", [gate, linear(graph, `${layer}.mlp.up`, second)]);
    y = add(graph, y, linear(graph, `${layer}.mlp.down`, gated));
  }
  return y;
}

/** The logits of a few tokens: [B, T, W] -> [B, T, ids]. */
export function lmLogitsGraph(
  graph: OnnxGraphBuilder,
  name: string,
  config: LmConfig,
  states: OnnxValue,
  ids: readonly number[],
): OnnxValue {
  const normed = rmsNorm(graph, `${name}.finalNorm`, states, config.normEpsilon ?? rmsNormEps);
  const head = config.tiedHead ? `${name}.tokens.weight` : `${name}.head.weight`;
  return graph.node("MatMul", [normed, graph.transposedRows(head, ids)]);
}

/** Cosines and sines, [T, 1, E / 2] each. */
function rotaryTables(graph: OnnxGraphBuilder, config: LmConfig, length: number) {
  const half = headWidthOf(config) / 2;
  const frequencies = rotaryFrequencies(2 * half, config.ropeBase, config.ropeScaling, length);
  const table = (of: (angle: number) => number) =>
    graph.constant(
      Float32Array.from({ length: length * half }, (_, i) =>
        of(Math.floor(i / half) * (frequencies[i % half] as number)),
      ),
      [length, 1, half],
    );
  return { cosine: table(Math.cos), sine: table(Math.sin) };
}

/** Rotary positions; pairs lie half a head apart: [B, T, heads * E] -> the same. */
function rotated(
  graph: OnnxGraphBuilder,
  x: OnnxValue,
  heads: number,
  headWidth: number,
  { cosine, sine }: { readonly cosine: OnnxValue; readonly sine: OnnxValue },
): OnnxValue {
  const split = reshape(graph, x, [0, -1, heads, headWidth]); // [B, T, H, E]
  const half = headWidth / 2;
  const part = (start: number) =>
    graph.node("Slice", [
      split,
      graph.constant([start]),
      graph.constant([start + half]),
      graph.constant([3]),
    ]);
  const [a, b] = [part(0), part(half)];
  const product = (u: OnnxValue, v: OnnxValue) => graph.node("Mul", [u, v]);
  const first = graph.node("Sub", [product(a, cosine), product(b, sine)]);
  const second = graph.node("Add", [product(b, cosine), product(a, sine)]);
  return reshape(graph, graph.node("Concat", [first, second], { axis: 3 }), [0, -1, heads * headWidth]);
}
