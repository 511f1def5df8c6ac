/** @file Recipes are whole configurations, and a wrong one says what is wrong. */

import { flipViews } from "@candor/data";
import { expect, it } from "vitest";
import { recipes } from "./recipes.ts";
import { methods, parseRunConfig } from "./runConfig.ts";

it("every recipe is valid for every method, and survives JSON", () => {
  for (const recipe of Object.values(recipes)) {
    for (const method of methods) {
      const config = recipe(method, "manifest.arrow");
      expect(parseRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  }
});

it("FLIP's recipe has its published settings, those of its ViT too", () => {
  for (const method of methods) {
    const config = recipes["flip-published"](method, "manifest.arrow");
    const learningRate = method === "vit-binary" ? 1e-4 : 1e-6;
    expect(config).toMatchObject({
      imageSize: 224,
      normalization: "imagenet",
      steps: 4001,
      batchSize: 6,
      optimizer: {
        algorithm: "adam",
        schedule: "constant",
        learningRate,
        weightDecay: 1e-6,
        betas: [0.9, 0.999],
        warmupSteps: 0,
      },
      augmentation: { flip: 0.5, minScale: 1, saturation: 0, hsvSaturation: 0.2, jitter: 0.5 },
      vit: { patchSize: 16, width: 768, layers: 12 },
      flip: {
        hidden: 512,
        projection: { hidden: 4096, outputs: 256 },
        promptsAsPublished: true,
        views: flipViews,
      },
    });
  }
});

it("every recipe trains on the data sets that it is given, FLIP's with six images of each", () => {
  const sources = ["msu", "casia", "oulu"];
  for (const recipe of Object.values(recipes)) {
    expect(recipe("flip-mcl", "manifest.arrow", sources).datasets).toEqual(sources);
  }
  expect(recipes["flip-published"]("flip-mcl", "manifest.arrow", sources).batchSize).toBe(18);
});

it("ranges run from the least to the most", () => {
  const { augmentation, ...config } = recipes["flip-published"]("flip-mcl", "manifest.arrow");
  const range = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] };
  const from = (change: object) => () =>
    parseRunConfig({ ...config, augmentation: { ...augmentation, ...change } });
  expect(from({ resizedCrop: range })()).toMatchObject({ augmentation: { resizedCrop: range } });
  expect(from({ resizedCrop: { ...range, area: [1, 0.08] } })).toThrow(
    "augmentation.resizedCrop.area: must be the least, then the most, got [1,0.08]",
  );
  expect(from({ resizedCrop: { ...range, aspect: [2, 1] } })).toThrow(
    "augmentation.resizedCrop.aspect: must be the least, then the most, got [2,1]",
  );
  expect(from({ jpegQuality: [95, 50] })).toThrow("augmentation.jpegQuality: must be the least");
  const views = { ...augmentation, resizedCrop: { ...range, area: [1, 0.08] } };
  expect(() => parseRunConfig({ ...config, flip: { ...config.flip, views } })).toThrow(
    "flip.views.resizedCrop.area",
  );
});

it("f16 weights are for frozen published ones", () => {
  const config = recipes.starter("ifas", "manifest.arrow");
  const from = (change: object) => () => parseRunConfig({ ...config, weights: "f16", ...change });
  const groups = [{ match: "vit.*", rate: 0 }];
  expect(from({})).toThrow(/weights: f16 is for published weights that are frozen.*got "f16"/);
  expect(from({ groups })).toThrow(/it needs pretrained/);
  expect(from({ pretrained: { vision: "clip" } })).toThrow(/lora or a group of rate 0/);
  expect(from({ pretrained: { vision: "clip" }, groups })()).toMatchObject({ weights: "f16" });
});

it("names every wrong field and its value", () => {
  const wrong = { ...recipes.starter("ifas", "manifest.arrow"), alpha: 1.5, steps: 0, surplus: true };
  expect(() => parseRunConfig(wrong)).toThrow(/alpha: .*got 1.5/);
  expect(() => parseRunConfig(wrong)).toThrow(/steps: .*got 0/);
  expect(() => parseRunConfig(wrong)).toThrow(/surplus/);
});

it("says how a configuration of one data set, as earlier versions wrote it, is read again", () => {
  const { datasets: _, ...rest } = recipes.starter("ifas", "manifest.arrow");
  expect(() => parseRunConfig({ ...rest, dataset: "D1" })).toThrow(
    'put "datasets": ["D1"] in the place of "dataset" in config.json',
  );
});
