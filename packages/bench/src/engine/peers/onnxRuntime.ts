/** @file onnxruntime-node as one side of the comparison; inference only. */

import { availableParallelism } from "node:os";
import {
  attentionInputs,
  attentionShape,
  type BenchCase,
  matmulInputs,
  mlpInputs,
  mlpShape,
} from "./benchCase.ts";
import { encodeOnnx, type OnnxGraph } from "@candor/models";
import type { PeerLibrary, PreparedCase } from "./peerLibrary.ts";

interface Input {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

interface Work {
  readonly graph: OnnxGraph;
  readonly inputs: Readonly<Record<string, Input>>;
}

interface OrtTensor {
  readonly data: Float32Array;
}

interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<"y", OrtTensor>>>;
  release(): Promise<void>;
}

interface Ort {
  readonly Tensor: new (dtype: "float32", data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}

/**
 * Opens onnxruntime. Its inputs are CPU tensors, so an iteration on WebGPU pays for upload and download.
 *
 * @param load    loads a package of the peers' folder through CommonJS
 * @param backend execution provider
 */
export function openOnnxRuntime(load: (name: string) => unknown, backend: "webgpu" | "cpu"): PeerLibrary {
  const ort = load("onnxruntime-node") as Ort;
  const threads = availableParallelism();
  return {
    adapter:
      backend === "webgpu"
        ? "its own Dawn on the same driver"
        : `CPU, ${threads} threads (intraOpNumThreads)`,
    prepare: async (work): Promise<PreparedCase | undefined> => {
      const found = workOf(work);
      if (!found) return undefined;
      const session = await ort.InferenceSession.create(encodeOnnx(found.graph), {
        executionProviders: [backend],
        intraOpNumThreads: threads,
      });
      const feeds = Object.fromEntries(
        Object.entries(found.inputs).map(([name, { shape, data }]) => [
          name,
          new ort.Tensor("float32", data, shape),
        ]),
      );
      let last: OrtTensor | undefined;
      return {
        run: async () => {
          last = (await session.run(feeds)).y;
        },
        output: async () => last?.data ?? new Float32Array(0),
      };
    },
  };
}

function workOf(work: BenchCase): Work | undefined {
  switch (work.kind) {
    case "matmul":
      return matmulWork(work);
    case "attention":
      return attentionWork();
    case "mlp":
      return mlpWork();
    default:
      return undefined;
  }
}

function matmulWork(work: BenchCase & { kind: "matmul" }): Work {
  const { m, k, n } = work;
  const { a, b } = matmulInputs(work);
  return {
    graph: {
      nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["y"] }],
      inputs: { a: [m, k], b: [k, n] },
      outputs: { y: [m, n] },
    },
    inputs: { a: { shape: [m, k], data: a }, b: { shape: [k, n], data: b } },
  };
}

// The fused operator: several times as fast as the same from separate operators.
function attentionWork(): Work {
  const { b, h, t, d } = attentionShape;
  const shape = [b, t, h * d];
  const { q, k, v } = attentionInputs();
  return {
    graph: {
      nodes: [
        {
          op: "MultiHeadAttention",
          inputs: ["q", "k", "v"],
          outputs: ["y"],
          attributes: { num_heads: h },
          domain: "com.microsoft",
        },
      ],
      inputs: { q: shape, k: shape, v: shape },
      outputs: { y: shape },
    },
    inputs: { q: { shape, data: q }, k: { shape, data: k }, v: { shape, data: v } },
  };
}

function mlpWork(): Work {
  const { n, d, f } = mlpShape;
  const { x, w1, w2 } = mlpInputs();
  return {
    graph: {
      nodes: [
        {
          op: "LayerNormalization",
          inputs: ["x", "gain", "zerosD"],
          outputs: ["norm"],
          attributes: { axis: 1, epsilon: { float: 1e-5 } },
        },
        { op: "MatMul", inputs: ["norm", "w1"], outputs: ["product1"] },
        { op: "Add", inputs: ["product1", "zerosF"], outputs: ["sum1"] },
        { op: "Gelu", inputs: ["sum1"], outputs: ["hidden"], attributes: { approximate: "tanh" } },
        { op: "MatMul", inputs: ["hidden", "w2"], outputs: ["product2"] },
        { op: "Add", inputs: ["product2", "zerosD"], outputs: ["sum2"] },
        { op: "Add", inputs: ["sum2", "x"], outputs: ["y"] },
      ],
      inputs: { x: [n, d] },
      outputs: { y: [n, d] },
      weights: {
        w1: { shape: [d, f], data: w1 },
        w2: { shape: [f, d], data: w2 },
        gain: { shape: [d], data: new Float32Array(d).fill(1) },
        zerosD: { shape: [d], data: new Float32Array(d) },
        zerosF: { shape: [f], data: new Float32Array(f) },
      },
    },
    inputs: { x: { shape: [n, d], data: x } },
  };
}
