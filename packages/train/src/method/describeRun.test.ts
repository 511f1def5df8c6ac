/** @file A run is described from its sizes alone. */

import { applyGroups, createModel, modelParameterCount } from "@candor/models";
import { Device, Random, trainableParameters, withoutMemory } from "@candor/tensor-core";
import { expect, it } from "vitest";
import { recipes } from "../recipes/recipes.ts";
import { methods } from "../recipes/runConfig.ts";
import { adaptModel } from "./adaptModel.ts";
import { assertFits, describeRun } from "./describeRun.ts";
import { isTrained, weightDTypes } from "./weightDTypes.ts";

it("counts what the formulas count, for every method, and allocates nothing", async () => {
  const device = await Device.open();
  const before = device.stats;
  for (const method of methods) {
    const config = recipes.starter(method, "manifest.arrow");
    const described = describeRun(device, config);
    expect(described.trainable).toBe(described.parameters);
    expect(described.gradientBytes).toBe(4 * described.parameters);
    expect(described.totalBytes).toBeGreaterThan(16 * described.parameters);
  }
  expect(device.stats).toEqual(before);
});

it("a run of 1.5 billion parameters trains LoRA and the connector alone", async () => {
  const device = await Device.open();
  const config = recipes["clip-l14-qwen2.5-1.5b"]("ifas", "manifest.arrow");
  const described = describeRun(device, { ...config, batchSize: 2 });
  const lora = 28 * 16 * (1536 + 1536 + 1536 + 256);
  const { vit, connector, lm } = config;
  const prompt = { question: [0, 0], yesId: 0, noId: 1, eosId: 0 };
  const whole = modelParameterCount({ method: "ifas", vit, connector, lm, prompt });
  expect(described.parameters).toBe(whole + lora);
  const of = (name: string) => described.parts.find((part) => part.name === name);
  expect(of("vit")?.trainable).toBe(0);
  expect(of("lm")?.trainable).toBe(lora);
  expect(of("connector")?.trainable).toBe(of("connector")?.parameters);
});

it("frozen published matrices as f16 and recomputed layers take what is said, and nothing trained is f16", async () => {
  const device = await Device.open();
  const config = recipes["clip-l14-qwen2.5-1.5b"]("ifas", "manifest.arrow");
  expect([config.weights, config.recomputeLayers]).toEqual(["f16", true]);
  const { weights: _, recomputeLayers: __, ...plain } = { ...config, batchSize: 2 };
  const [large, half, again] = [
    describeRun(device, plain),
    describeRun(device, { ...plain, weights: "f16" }),
    describeRun(device, { ...plain, recomputeLayers: true }),
  ];
  expect(large.parameterBytes).toBeGreaterThan(7e9);
  expect(half.parameterBytes / large.parameterBytes).toBeLessThan(0.55);
  expect([half.trainable, half.gradientBytes]).toEqual([large.trainable, large.gradientBytes]);
  expect(again.activationBytes).toBeLessThan(large.activationBytes / 4);
});

it("the names that hold f16 are exactly frozen ones, whatever freezes them", async () => {
  const device = await Device.open();
  const base = recipes.starter("ifas", "manifest.arrow");
  const pretrained = { vision: "clip", lm: "lm" };
  const lora = { rank: 2, alpha: 4, targets: ["lm.*.query"], alsoTrain: ["connector.*", "vit.blocks.2.*"] };
  const runs = [
    { ...base, pretrained, lora, groups: [{ match: "vit.blocks.2.mlp.*", rate: 0 }] },
    {
      ...base,
      pretrained,
      groups: [
        { match: "lm.layers.0.*", rate: 0.1 },
        { match: "lm.*", rate: 0 },
      ],
    },
    { ...base, pretrained: { lm: "lm" }, groups: [{ match: "vit.*", rate: 0 }] },
  ];
  for (const run of runs) {
    const { vit, connector, lm } = run;
    const prompt = { question: [0, 0], yesId: 0, noId: 1, eosId: 0 };
    const model = withoutMemory(() => {
      const built = createModel(device, { method: "ifas", vit, connector, lm, prompt }, new Random(0));
      adaptModel(built, run);
      return built;
    });
    applyGroups(model, run.groups);
    const trained = trainableParameters(model);
    const dtypeOf = weightDTypes({ ...run, weights: "f16" });
    for (const [name, { shape }] of model.namedParameters()) {
      expect(isTrained(run, name), name).toBe(trained.has(name));
      if (trained.has(name)) expect(dtypeOf(name, shape), name).toBe("f32");
    }
  }
});

it("a model that is larger than the memory is refused with what it needs and what would help", async () => {
  const device = await Device.open();
  const described = describeRun(device, recipes["clip-l14-qwen2.5-1.5b"]("ifas", "manifest.arrow"));
  const needed = described.parameterBytes + described.gradientBytes + described.optimizerBytes;
  expect(() => assertFits(described, needed)).not.toThrow();
  expect(() => assertFits(described, needed - 1)).toThrow(
    /^the model needs 4\.\d\d GiB before any activation \(1918990336 parameters 3\.\d\d GiB, .*72096256 trained.*: take a smaller model/,
  );
});
