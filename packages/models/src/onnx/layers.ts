/** @file The layers of the models as ONNX nodes, under the names of their parameters. */

import type { MlpActivation } from "../layers/activation.ts";
import type { OnnxGraphBuilder, OnnxValue } from "./onnxGraph.ts";

// B batch, T queries, S keys, D width, H heads

/** y = x Wᵀ + b: [B, T, inputs] -> [B, T, outputs]. */
export function linear(graph: OnnxGraphBuilder, name: string, x: OnnxValue): OnnxValue {
  const y = graph.node("MatMul", [x, graph.transposed(`${name}.weight`)]);
  return graph.has(`${name}.bias`) ? graph.node("Add", [y, graph.parameter(`${name}.bias`)]) : y;
}

/** Over the last axis of x [B, T, D] or [B, D]; -1 is the operator's default. */
export function layerNorm(graph: OnnxGraphBuilder, name: string, x: OnnxValue, eps: number): OnnxValue {
  const parameters = [graph.parameter(`${name}.weight`), graph.parameter(`${name}.bias`)];
  return graph.node("LayerNormalization", [x, ...parameters], { epsilon: { float: eps } });
}

/** x / sqrt(mean(x²) + eps) · weight, over the last axis. */
export function rmsNorm(graph: OnnxGraphBuilder, name: string, x: OnnxValue, eps: number): OnnxValue {
  const squares = graph.node("Mul", [x, x]);
  const mean = graph.node("ReduceMean", [squares, graph.constant([-1])]);
  const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.scalar(eps)])]);
  return graph.node("Mul", [graph.node("Div", [x, root]), graph.parameter(`${name}.weight`)]);
}

/** x · sigmoid(slope · x). */
export function silu(graph: OnnxGraphBuilder, x: OnnxValue, slope = 1): OnnxValue {
  const scaled = slope === 1 ? x : graph.node("Mul", [x, graph.scalar(slope)]);
  return graph.node("Mul", [x, graph.node("Sigmoid", [scaled])]);
}

const activations: Record<MlpActivation, (graph: OnnxGraphBuilder, x: OnnxValue) => OnnxValue> = {
  gelu: (graph, x) => graph.node("Gelu", [x], { approximate: "tanh" }),
  geluErf: (graph, x) => graph.node("Gelu", [x], { approximate: "none" }),
  quickGelu: (graph, x) => silu(graph, x, 1.702),
  relu: (graph, x) => graph.node("Relu", [x]),
};

/** W₂ f(W₁ x + b₁) + b₂. */
export function mlp(
  graph: OnnxGraphBuilder,
  name: string,
  x: OnnxValue,
  activation: MlpActivation = "gelu",
): OnnxValue {
  return linear(graph, `${name}.output`, activations[activation](graph, linear(graph, `${name}.input`, x)));
}

/** What attention needs to know beside its inputs. */
export interface AttentionShape {
  readonly heads: number;
  /** Heads of keys and values; `heads` by default. */
  readonly kvHeads?: number;
  /** Width of a head. */
  readonly headWidth: number;
  /** [T, S], added to the scores. */
  readonly mask?: OnnxValue;
}

/**
 * softmax(Q Kᵀ / sqrt(E) + mask) V.
 *
 * @param q [B, T, H * E]
 * @param k [B, S, G * E]
 * @param v [B, S, G * E]
 * @returns [B, T, H * E]
 */
export function attention(
  graph: OnnxGraphBuilder,
  [q, k, v]: readonly [OnnxValue, OnnxValue, OnnxValue],
  { heads, kvHeads = heads, headWidth, mask }: AttentionShape,
): OnnxValue {
  // [B, T, H * E] -> [B, G, H / G, T, E], so that a group's queries meet the one key that they share.
  const group = heads / kvHeads;
  const queries = graph.node("Transpose", [reshape(graph, q, [0, -1, kvHeads, group, headWidth])], {
    perm: [0, 2, 3, 1, 4],
  });
  const split = (x: OnnxValue, perm: readonly number[]) =>
    graph.node("Transpose", [reshape(graph, x, [0, -1, kvHeads, 1, headWidth])], { perm });
  const scores = graph.node("MatMul", [queries, split(k, [0, 2, 3, 4, 1])]); // [B, G, H / G, T, S]
  const scaled = graph.node("Mul", [scores, graph.scalar(1 / Math.sqrt(headWidth))]);
  const masked = mask === undefined ? scaled : graph.node("Add", [scaled, mask]);
  const weights = graph.node("Softmax", [masked]);
  const y = graph.node("MatMul", [weights, split(v, [0, 2, 3, 1, 4])]); // [B, G, H / G, T, E]
  const joined = graph.node("Transpose", [y], { perm: [0, 3, 1, 2, 4] });
  return reshape(graph, joined, [0, -1, heads * headWidth]);
}

/** Attention with its four maps. */
export function multiHeadAttention(
  graph: OnnxGraphBuilder,
  name: string,
  x: OnnxValue,
  context: OnnxValue,
  shape: AttentionShape,
): OnnxValue {
  const map = (part: string, from: OnnxValue) => linear(graph, `${name}.${part}`, from);
  const y = attention(graph, [map("query", x), map("key", context), map("value", context)], shape);
  return linear(graph, `${name}.output`, y);
}

/** Another shape; 0 keeps a dimension and -1 is what remains. */
export function reshape(graph: OnnxGraphBuilder, x: OnnxValue, shape: readonly number[]): OnnxValue {
  return graph.node("Reshape", [x, graph.constant(shape)]);
}

/** Rows start to end of axis 1. */
export function rows(graph: OnnxGraphBuilder, x: OnnxValue, start: number, end: number): OnnxValue {
  const [from, to, axis] = [[start], [end], [1]].map((values) => graph.constant(values)) as [
    OnnxValue,
    OnnxValue,
    OnnxValue,
  ];
  return graph.node("Slice", [x, from, to, axis]);
}

/** One copy for each item of the batch of `like`: [T, D] -> [B, T, D]. */
export function perItem(
  graph: OnnxGraphBuilder,
  x: OnnxValue,
  [length, width]: readonly [number, number],
  like: OnnxValue,
): OnnxValue {
  const batch = graph.node("Shape", [like], { end: 1 });
  const shape = graph.node("Concat", [batch, graph.constant([length, width])], { axis: 0 });
  return graph.node("Expand", [reshape(graph, x, [1, length, width]), shape]);
}
