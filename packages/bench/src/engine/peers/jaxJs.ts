/** @file jax-js as one side of the comparison; all work under its `jit`. */

import { vitBatch, vitParameters, vitShape } from "../tinyVitInputs.ts";
import {
  attentionInputs,
  attentionShape,
  type BenchCase,
  matmulInputs,
  mlpInputs,
  mlpShape,
} from "./benchCase.ts";
import { type HostGpu, provideBrowserGpu } from "./browserGlobals.ts";
import type { PeerLibrary, PreparedCase } from "./peerLibrary.ts";
import { addPolyfills } from "./polyfills.ts";

// jax-js is not among the dependencies of this workspace, and so without types here.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/**
 * Opens jax-js.
 *
 * @param load loads a package of the peers' folder as a module
 */
export async function openJaxJs(
  load: (name: string) => Promise<unknown>,
  backend: "webgpu" | "wasm",
): Promise<PeerLibrary> {
  addPolyfills();
  const host = backend === "webgpu" ? await provideBrowserGpu() : undefined;
  const jax = (await load("@jax-js/jax")) as Any;
  await jax.init(backend);
  jax.defaultDevice(backend);
  return {
    adapter: host ? host.adapter() : "wasm, 1 thread",
    prepare: async (work) => {
      if (work.kind === "step" || work.kind === "coldStep") return prepareStep(jax);
      const op = prepareOp(jax, work);
      return op && prepared(jax, host, op);
    },
  };
}

interface Op {
  readonly compute: (...inputs: Any[]) => Any;
  readonly inputs: readonly Any[];
}

function prepared(jax: Any, host: HostGpu | undefined, { compute, inputs }: Op): PreparedCase {
  const jitted = jax.jit(compute);
  let last: Any;
  return {
    run: async () => {
      last?.dispose();
      // Operations consume their arguments; `ref` keeps them.
      last = jitted(...inputs.map((input) => input.ref));
      await jax.blockUntilReady(last);
      await host?.device().queue.onSubmittedWorkDone();
    },
    output: async () => (await last.ref.data()) as Float32Array,
  };
}

function prepareOp(jax: Any, work: BenchCase): Op | undefined {
  const { numpy: np, nn } = jax;
  const array = (data: Float32Array, shape: readonly number[]): Any => np.array(data).reshape(shape);
  switch (work.kind) {
    case "matmul": {
      const { a, b } = matmulInputs(work);
      const inputs = [array(a, [work.m, work.k]), array(b, [work.k, work.n])];
      return { compute: (left, right) => np.matmul(left, right), inputs };
    }
    case "attention": {
      const { b, h, t, d } = attentionShape;
      const { q, k, v } = attentionInputs();
      const inputs = [q, k, v].map((data) => array(data, [b, t, h, d]));
      return { compute: (query, key, value) => nn.dotProductAttention(query, key, value), inputs };
    }
    case "mlp": {
      const { n, d, f } = mlpShape;
      const { x, w1, w2 } = mlpInputs();
      return {
        compute: (input, weight1, weight2, gain, zerosD, zerosF) => {
          const norm = layerNorm(jax, input.ref, gain, zerosD.ref);
          const hidden = nn.gelu(np.matmul(norm, weight1).add(zerosF));
          return input.add(np.matmul(hidden, weight2).add(zerosD));
        },
        inputs: [
          array(x, [n, d]),
          array(w1, [d, f]),
          array(w2, [f, d]),
          np.ones([d]),
          np.zeros([d]),
          np.zeros([f]),
        ],
      };
    }
    default:
      return undefined;
  }
}

function layerNorm(jax: Any, x: Any, gain: Any, bias: Any): Any {
  return jax.nn.standardize(x, -1, { epsilon: 1e-5 }).mul(gain).add(bias);
}

function prepareStep(jax: Any): PreparedCase {
  const { numpy: np, nn } = jax;
  const { B, T, P, D, H, C, L, learningRate } = vitShape;
  const batch = vitBatch();
  const x = np.array(batch.x).reshape([B, T, P]);
  const oneHot = np.array(batch.oneHot).reshape([B, C]);
  let parameters: Record<string, Any> = {};
  for (const [name, { shape, data }] of vitParameters()) parameters[name] = np.array(data).reshape(shape);
  const loss = (p: Record<string, Any>, input: Any, target: Any): Any => {
    let z = np.matmul(input, p["we"]).add(p["pos"]); // [B, T, D]
    for (let layer = 0; layer < L; layer++) {
      const at = (name: string): Any => p[`${layer}.${name}`];
      const norm1 = layerNorm(jax, z.ref, at("ln1.weight"), at("ln1.bias"));
      const thirds: Any[] = np.split(np.matmul(norm1, at("wqkv")), 3, -1);
      const [q, k, v] = thirds.map((third) => third.reshape([B, T, H, D / H]));
      const mixed = nn.dotProductAttention(q, k, v).reshape([B, T, D]);
      z = z.add(np.matmul(mixed, at("wo")));
      const norm2 = layerNorm(jax, z.ref, at("ln2.weight"), at("ln2.bias"));
      const hidden = nn.gelu(np.matmul(norm2, at("w1")).add(at("c1")));
      z = z.add(np.matmul(hidden, at("w2")).add(at("c2")));
    }
    const logits = np.matmul(z.mean(1), p["wh"]).add(p["bh"]); // [B, C]
    return nn
      .logSoftmax(logits)
      .mul(target)
      .sum()
      .mul(-1 / B);
  };
  const step = jax.jit((p: Record<string, Any>, input: Any, target: Any) => {
    const kept = Object.fromEntries(Object.entries(p).map(([name, value]) => [name, value.ref]));
    const [value, grads] = jax.valueAndGrad(loss)(kept, input, target);
    const next = Object.fromEntries(
      Object.entries(p).map(([name, weight]) => [name, weight.sub(grads[name].mul(learningRate))]),
    );
    return [next, value];
  });
  return {
    run: async () => {
      const [next, value] = step(parameters, x.ref, oneHot.ref);
      parameters = next;
      const [read] = await value.data();
      await jax.blockUntilReady(parameters);
      return read as number;
    },
  };
}
