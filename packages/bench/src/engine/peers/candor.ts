/** @file This repository's engine as one side of the comparison. */

import {
  attention,
  capture,
  Device,
  layerNorm,
  matmul,
  ones,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@candor/tensor-core";
import { tinyVitBatch, tinyVitParameters, tinyVitStep } from "../tinyVit.ts";
import {
  attentionInputs,
  attentionShape,
  type BenchCase,
  matmulInputs,
  mlpInputs,
  mlpShape,
} from "./benchCase.ts";
import type { PeerLibrary, PreparedCase, SteadyState } from "./peerLibrary.ts";

/** Opens our own engine. */
export async function openCandor(): Promise<PeerLibrary> {
  const device = await Device.open();
  return {
    adapter: device.info.description,
    prepare: async (work) => {
      if (work.kind === "step" || work.kind === "coldStep") return prepareStep(device);
      const compute = prepareOp(device, work);
      let last = new Float32Array(0);
      return {
        run: async () => {
          using _scope = device.scope();
          compute();
          await device.synchronize();
        },
        output: async () => {
          using _scope = device.scope();
          last = new Float32Array(await compute().read());
          return last;
        },
      };
    },
  };
}

function prepareOp(device: Device, work: BenchCase): () => Tensor {
  switch (work.kind) {
    case "matmul": {
      const inputs = matmulInputs(work);
      const a = tensor(device, inputs.a, [work.m, work.k]);
      const b = tensor(device, inputs.b, [work.k, work.n]);
      return () => matmul(a, b);
    }
    case "attention":
    case "attentionBackward": {
      const { b, h, t, d } = attentionShape;
      const { q, k, v } = attentionInputs();
      const parameters = new Map(
        Object.entries({ q, k, v }).map(([name, data]) => [name, tensor(device, data, [b, t, h, d])]),
      );
      const forward = () =>
        attention(
          parameters.get("q") as Tensor,
          parameters.get("k") as Tensor,
          parameters.get("v") as Tensor,
        );
      if (work.kind === "attention") return forward;
      return () => valueAndGrad(() => sum(forward()), parameters).grads.get("q") as Tensor;
    }
    case "mlp": {
      const { n, d, f } = mlpShape;
      const inputs = mlpInputs();
      const x = tensor(device, inputs.x, [n, d]);
      const w1 = tensor(device, inputs.w1, [d, f]);
      const w2 = tensor(device, inputs.w2, [f, d]);
      const [gain, zerosD, zerosF] = [ones(device, [d]), zeros(device, [d]), zeros(device, [f])];
      return () => {
        const hidden = matmul(layerNorm(x, gain, zerosD), w1, { bias: zerosF, activation: "gelu" }); // [n, f]
        return matmul(hidden, w2, { bias: zerosD, residual: x });
      };
    }
    default:
      throw new Error(`no such op: ${work.kind}`);
  }
}

function prepareStep(device: Device): PreparedCase {
  const parameters = tinyVitParameters(device);
  const batch = tinyVitBatch(device);
  const step = capture(device, () => ({ loss: tinyVitStep(parameters, batch) }));
  const run = (): Promise<number> => step.run({}).loss.item();
  const steadyState = async (): Promise<SteadyState> => {
    const before = device.stats;
    const started = performance.now();
    const read = run(); // submits before it waits
    const host = performance.now() - started;
    await read;
    const whole = performance.now() - started;
    const after = device.stats;
    return {
      submits: after.submits - before.submits,
      newBuffers: after.created - before.created,
      newPipelines: after.pipelines - before.pipelines,
      hostShare: host / whole,
    };
  };
  return { run, steadyState, dispose: () => step.dispose() };
}
