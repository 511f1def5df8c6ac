/** @file TensorFlow.js as one side of the comparison. */

import { dirname, sep } from "node:path";
import { vitBatch, vitParameters, vitShape } from "../tinyVitInputs.ts";
import {
  attentionInputs,
  attentionShape,
  type BenchCase,
  matmulInputs,
  mlpInputs,
  mlpShape,
} from "./benchCase.ts";
import { provideBrowserGpu } from "./browserGlobals.ts";
import type { PeerLibrary, PreparedCase } from "./peerLibrary.ts";

// tfjs is not among the dependencies of this workspace, and so without types here.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/**
 * Opens TensorFlow.js.
 *
 * @param require loads a package of the peers' folder through CommonJS
 */
export async function openTfjs(require: NodeJS.Require, backend: "webgpu" | "wasm"): Promise<PeerLibrary> {
  const host = backend === "webgpu" ? await provideBrowserGpu() : undefined;
  const tf = require("@tensorflow/tfjs") as Any; // tfjs-core alone has no gradients
  const loaded = require(`@tensorflow/tfjs-backend-${backend}`) as Any;
  if (backend === "wasm") {
    loaded.setWasmPaths(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its ${backend} backend`);
  await tf.ready();
  const finish = async (): Promise<void> => {
    if (!host) return;
    // submitQueue alone leaves the pass open: validation fails, and nothing is timed.
    tf.backend().endComputePassEncoder();
    tf.backend().submitQueue();
    await host.device().queue.onSubmittedWorkDone();
  };
  return {
    adapter: host ? host.adapter() : "wasm with SIMD, 1 thread",
    prepare: async (work) => {
      if (work.kind === "step" || work.kind === "coldStep") return prepareStep(tf);
      const compute = prepareOp(tf, work);
      if (!compute) return undefined;
      let last: Any;
      return {
        run: async () => {
          last?.dispose();
          last = tf.tidy(compute);
          await finish();
        },
        output: async () => {
          const { b, h, t, d } = attentionShape;
          if (work.kind !== "attention") return last.data();
          return last.reshape([b, h, t, d]).transpose([0, 2, 1, 3]).data();
        },
      };
    },
  };
}

function prepareOp(tf: Any, work: BenchCase): (() => Any) | undefined {
  switch (work.kind) {
    case "matmul": {
      const { a, b } = matmulInputs(work);
      const [left, right] = [tf.tensor(a, [work.m, work.k]), tf.tensor(b, [work.k, work.n])];
      return () => tf.matMul(left, right);
    }
    case "attention": {
      const { b, h, t, d } = attentionShape;
      const inputs = attentionInputs();
      const heads = (data: Float32Array): Any =>
        tf.tidy(() =>
          tf
            .tensor(data, [b, t, h, d])
            .transpose([0, 2, 1, 3])
            .reshape([b * h, t, d]),
        );
      const [q, k, v] = [heads(inputs.q), heads(inputs.k), heads(inputs.v)];
      return () => tf.matMul(tf.softmax(tf.matMul(q, k, false, true).mul(1 / Math.sqrt(d))), v);
    }
    case "mlp": {
      const { n, d, f } = mlpShape;
      const inputs = mlpInputs();
      const [x, w1, w2] = [
        tf.tensor(inputs.x, [n, d]),
        tf.tensor(inputs.w1, [d, f]),
        tf.tensor(inputs.w2, [f, d]),
      ];
      const [gain, zeros, zerosF] = [tf.ones([d]), tf.zeros([d]), tf.zeros([f])];
      return () => {
        const hidden = gelu(tf, tf.matMul(layerNorm(tf, x, gain, zeros), w1).add(zerosF));
        return x.add(tf.matMul(hidden, w2).add(zeros));
      };
    }
    default:
      return undefined;
  }
}

function gelu(tf: Any, x: Any): Any {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(0.5).mul(tf.tanh(inner).add(1));
}

function layerNorm(tf: Any, x: Any, gain: Any, bias: Any): Any {
  const { mean, variance } = tf.moments(x, -1, true);
  return x
    .sub(mean)
    .mul(tf.rsqrt(variance.add(1e-5)))
    .mul(gain)
    .add(bias);
}

function prepareStep(tf: Any): PreparedCase {
  const { B, T, P, D, H, C, L, learningRate } = vitShape;
  const batch = vitBatch();
  const x = tf.tensor(batch.x, [B * T, P]);
  const oneHot = tf.tensor(batch.oneHot, [B, C]);
  const variables = new Map<string, Any>();
  for (const [name, { shape, data }] of vitParameters())
    variables.set(name, tf.variable(tf.tensor(data, shape)));
  const p = (name: string): Any => variables.get(name);
  const heads = (z: Any): Any => z.reshape([B, T, H, D / H]).transpose([0, 2, 1, 3]); // [B, H, T, D / H]
  const loss = (): Any => {
    let z = tf
      .matMul(x, p("we"))
      .reshape([B, T, D])
      .add(p("pos"))
      .reshape([B * T, D]);
    for (let layer = 0; layer < L; layer++) {
      const at = (name: string): Any => p(`${layer}.${name}`);
      const qkv = tf.matMul(layerNorm(tf, z, at("ln1.weight"), at("ln1.bias")), at("wqkv"));
      const [q, k, v] = tf.split(qkv, 3, 1).map(heads);
      const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(D / H)); // [B, H, T, T]
      const mixed = tf
        .matMul(tf.softmax(scores), v)
        .transpose([0, 2, 1, 3])
        .reshape([B * T, D]);
      z = z.add(tf.matMul(mixed, at("wo")));
      const hidden = gelu(
        tf,
        tf.matMul(layerNorm(tf, z, at("ln2.weight"), at("ln2.bias")), at("w1")).add(at("c1")),
      );
      z = z.add(tf.matMul(hidden, at("w2")).add(at("c2")));
    }
    const logits = tf.matMul(z.reshape([B, T, D]).mean(1), p("wh")).add(p("bh")); // [B, C]
    return tf.losses.softmaxCrossEntropy(oneHot, logits);
  };
  const optimizer = tf.train.sgd(learningRate);
  return {
    run: async () => {
      const value = optimizer.minimize(loss, true, [...variables.values()]);
      const [read] = await value.data();
      value.dispose();
      return read as number;
    },
  };
}
