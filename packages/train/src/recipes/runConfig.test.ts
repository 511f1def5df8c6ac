/** @file Recipes are whole configurations, and a wrong one says what is wrong. */

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

it("names every wrong field and its value", () => {
  const wrong = { ...recipes.starter("ifas", "manifest.arrow"), alpha: 1.5, steps: 0, surplus: true };
  expect(() => parseRunConfig(wrong)).toThrow(/alpha: .*got 1.5/);
  expect(() => parseRunConfig(wrong)).toThrow(/steps: .*got 0/);
  expect(() => parseRunConfig(wrong)).toThrow(/surplus/);
});
