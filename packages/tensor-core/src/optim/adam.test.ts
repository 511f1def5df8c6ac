/** @file Adam with coupled decay against PyTorch's, computed in f64 by `tools/witness/optimizers.py`. */

import { expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { assertClose } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { Adam } from "./adam.ts";
import { AdamW } from "./adamW.ts";
import witness from "./fixtures/adam.json" with { type: "json" };

const names = ["weight", "bias"] as const;
const { lr, betas, eps, weight_decay: weightDecay, max_norm: maxGradNorm } = witness.options;
const options = { learningRate: lr, betas: betas as [number, number], eps, weightDecay };

/** The parameters after all steps of an optimiser of theirs. */
async function train(build: (params: ConstructorParameters<typeof Adam>[0]) => AdamW) {
  const device = await testDevice();
  using _scope = device.scope();
  const named = (values: Record<(typeof names)[number], number[]>) =>
    new Map(names.map((name) => [name, tensor(device, values[name], witness.shapes[name])]));
  const params = named(witness.initial);
  const optimizer = build(params);
  for (const gradients of witness.gradients) optimizer.step(named(gradients));
  const values = new Map<string, ArrayLike<number>>();
  for (const [name, value] of params) values.set(name, (await value.read()) as Float32Array);
  optimizer.dispose();
  return values;
}

const steps = witness.gradients.length;

it.each([
  ["adam", {}],
  ["adamClipped", { maxGradNorm }],
] as const)("takes PyTorch's steps, biases decaying too: %s", async (wanted, clip) => {
  const got = await train((params) => new Adam(params, { ...options, ...clip }));
  for (const name of names)
    assertClose(name, got.get(name)!, witness[wanted][name], tolerance("composite", steps, 1));
});

it("differs from decoupled decay, and from none", async () => {
  const coupled = await train((params) => new Adam(params, options));
  const decoupled = await train((params) => new AdamW(params, { ...options, decays: () => true }));
  const none = await train((params) => new Adam(params, { ...options, weightDecay: 0 }));
  for (const other of [decoupled, none]) {
    const gap = Math.abs(coupled.get("weight")![0]! - other.get("weight")![0]!);
    expect(gap).toBeGreaterThan(1e-3);
  }
});

it("counts its own steps, not those of a parameter whose first gradient comes late", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const b = tensor(device, [0]);
  const optimizer = new Adam(new Map([["b", b]]), { learningRate: 0.1 });
  const none = { shape: [1], data: new Float32Array(1) };
  optimizer.loadState(
    new Map([
      ["first.b", none],
      ["second.b", none],
    ]),
    1000,
  );
  optimizer.step(new Map([["b", tensor(device, [1])]]));
  const [first, second] = [0.1 / (1 - 0.9 ** 1001), 0.001 / (1 - 0.999 ** 1001)];
  expect(await b.item()).toBeCloseTo((-0.1 * first) / Math.sqrt(second), 5); // -0.25, where PyTorch's is -0.1
  optimizer.dispose();
});
