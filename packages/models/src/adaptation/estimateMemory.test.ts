/** @file Predicted memory against memory, and groups of parameters. */

import {
  AdamW,
  Device,
  noGrad,
  Random,
  tensor,
  trainableParameters,
  valueAndGrad,
  withoutMemory,
} from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { describe, expect, test } from "vitest";
import { Ifas } from "../antispoof/ifas.ts";
import { Clip } from "../clip/clip.ts";
import { clipConfigs } from "../clip/clipConfig.ts";
import { matricesAs } from "../lm/openLm.ts";
import { answerLoss } from "../losses/lopsidedLm.ts";
import { linearMapsAs } from "../weights/modelFolder.ts";
import { tinyBatch, tinyIfas } from "../testing/tinyIfas.ts";
import {
  describeModel,
  type EstimatedStep,
  estimateMemory,
  parametersAs,
  showModel,
} from "./estimateMemory.ts";
import { applyGroups, type ParameterGroup } from "./parameterGroups.ts";

function lossOf(device: Device, model: Ifas) {
  const { images, promptIds, answerInputs, targets, weights } = tinyBatch(device, 12, new Random(2));
  return () => answerLoss(model.answerLogits(images, promptIds, answerInputs), targets, weights);
}

const trained = (device: Device, groups: readonly ParameterGroup[]): EstimatedStep<Ifas> => ({
  build: () => new Ifas(device, tinyIfas, new Random(1)),
  step: (model) => lossOf(device, model)(),
  trains: true,
  groups,
});

test.each([
  ["all of I-FAS", []],
  ["I-FAS with a frozen encoder", [{ match: "vit.*", rate: 0 }]],
] as const)("the memory of a step of %s is as predicted", async (_, groups) => {
  // Its own, so that nothing was held before.
  const device = await Device.open({ tuned: false });
  const predicted = estimateMemory(trained(device, groups));
  expect(device.stats.created).toBe(0);
  using _scope = device.scope();
  const model = new Ifas(device, tinyIfas, new Random(1));
  const options = applyGroups(model, groups);
  const optimizer = new AdamW(trainableParameters(model), { learningRate: 1e-3, ...options });
  {
    using _step = device.scope();
    const loss = lossOf(device, model);
    const { grads } = valueAndGrad(loss, trainableParameters(model));
    optimizer.step(grads);
  }
  await device.synchronize();
  const { peakBytes } = device.stats;
  expect(Math.abs(predicted.totalBytes - peakBytes) / peakBytes).toBeLessThan(0.03);
  expect(predicted.parameters).toBe(model.parameterCount());
  optimizer.dispose();
});

test("freezing takes gradients, moments and activations away; inference takes less yet", async () => {
  const device = await testDevice();
  const [whole, frozen] = [
    estimateMemory(trained(device, [])),
    estimateMemory(
      trained(device, [
        { match: "vit.*", rate: 0 },
        { match: "lm.*", rate: 0 },
      ]),
    ),
  ];
  const inference = estimateMemory({ ...trained(device, []), trains: false });
  expect(whole.trainable).toBe(whole.parameters);
  expect(frozen.trainable).toBe(frozen.parts.find(({ name }) => name === "connector")?.parameters);
  expect(frozen.gradientBytes).toBe(4 * frozen.trainable);
  expect(frozen.optimizerBytes).toBeLessThan(whole.optimizerBytes / 2);
  expect(frozen.totalBytes).toBeLessThan(whole.totalBytes);
  expect(inference.totalBytes).toBeLessThan(frozen.totalBytes);
  expect([inference.gradientBytes, inference.optimizerBytes]).toEqual([0, 0]);
});

const [linear, matrices] = [linearMapsAs("f16"), matricesAs("f16")];

test("matrices as f16 take half of what they take as f32, and a forward pass through them is predicted", async () => {
  const device = await Device.open({ tuned: false });
  const asHalf: typeof linear = (name, shape) => (name.startsWith("lm.") ? matrices : linear)(name, shape);
  const inference = { ...trained(device, []), trains: false };
  const full = estimateMemory(inference);
  const build = () => parametersAs(new Ifas(device, tinyIfas, new Random(1)), asHalf);
  const half = estimateMemory({ ...inference, build });
  expect(half.parameters).toBe(full.parameters);
  expect(half.parameterBytes / full.parameterBytes).toBeLessThan(0.6);
  const model = new Ifas(device, tinyIfas, new Random(1));
  for (const [name, t] of model.namedParameters()) {
    const { shape } = t;
    model.adopt(
      new Map([[name, tensor(device, (await t.read()) as Float32Array, shape, asHalf(name, shape))]]),
    );
  }
  const before = device.stats.usedBytes;
  expect(before).toBe(half.parameterBytes);
  const peak = () => device.stats.peakBytes;
  const built = peak();
  {
    using _scope = device.scope();
    noGrad(lossOf(device, model));
  }
  expect(peak()).toBeGreaterThan(built);
  expect(Math.abs(half.totalBytes - peak()) / peak()).toBeLessThan(0.03);
});

test("inference keeps the results of blocks, and what is in them of one block alone", async () => {
  const device = await testDevice();
  const activations = (layers: number, trains: boolean) => {
    const { vit, lm } = tinyIfas;
    const config = { ...tinyIfas, vit: { ...vit, layers }, lm: { ...lm, layers } };
    const build = () => new Ifas(device, config, new Random(1));
    return estimateMemory({ ...trained(device, []), build, trains }).activationBytes;
  };
  const growth = (trains: boolean) => activations(12, trains) - activations(4, trains);
  // The results of eight blocks of each kind; a step of training keeps what gradients need of them too.
  expect(growth(false)).toBeLessThan(growth(true) / 6);
});

test("a large model is described without a byte of it", async () => {
  const device = await testDevice();
  const before = device.stats;
  const clip = withoutMemory(() => new Clip(device, clipConfigs["clip-vit-l14"], new Random(1)));
  applyGroups(clip, [{ match: "vit.*", rate: 0 }]);
  const text = showModel(describeModel(clip));
  expect(text.split("\n")).toEqual([
    "vit                  303,179,776 parameters               0 trained",
    "text                 123,060,480 parameters     123,060,480 trained",
    "visualProjection         786,432 parameters         786,432 trained",
    "textProjection           589,824 parameters         589,824 trained",
    "logitScale                     1 parameters               1 trained",
    "altogether           427,616,513 parameters     124,436,737 trained",
  ]);
  expect(device.stats).toEqual(before);
});

describe("applyGroups", () => {
  test("decides by the first pattern that matches", async () => {
    const device = await testDevice();
    const model = withoutMemory(() => new Ifas(device, tinyIfas, new Random(1)));
    const { rateOf, decays } = applyGroups(model, [
      { match: "vit.blocks.1.*", rate: 0.1 },
      { match: "vit.*", rate: 0 },
      { match: "*Norm.*", decays: true },
      { match: "connector.*", rate: 10, decays: false },
    ]);
    const parameters = model.namedParameters();
    const of = (name: string) => {
      const parameter = parameters.get(name);
      if (!parameter) throw new Error(`no ${name} in ${[...parameters.keys()].join(" ")}`);
      return [rateOf(name, parameter), decays(name, parameter)];
    };
    expect(of("vit.blocks.1.mlp.input.weight")).toEqual([0.1, true]);
    expect(of("vit.blocks.1.mlp.input.bias")).toEqual([0.1, false]);
    expect(of("lm.finalNorm.weight")).toEqual([1, true]);
    expect(of("connector.queries")).toEqual([10, false]);
    expect(of("lm.tokens.weight")).toEqual([1, true]);
    const trained = [...trainableParameters(model).keys()].filter((name) => name.startsWith("vit."));
    expect(trained.length).toBeGreaterThan(0);
    expect(trained.every((name) => name.startsWith("vit.blocks.1."))).toBe(true);
  });

  test("refuses a group without parameters, and a model without any to train", async () => {
    const device = await testDevice();
    const model = withoutMemory(() => new Ifas(device, tinyIfas, new Random(1)));
    expect(() => applyGroups(model, [{ match: "encoder.*", rate: 0 }])).toThrow(
      /^\[groups\] no parameter is left for encoder\.\*: vit\.\S+ and \d+ others have other names/,
    );
    expect(() => applyGroups(model, [{ match: "*" }, { match: "lm.*" }])).toThrow("is left for lm.*");
    expect(() => applyGroups(model, [{ match: "*", rate: 0 }])).toThrow("nothing is left to train");
  });
});
