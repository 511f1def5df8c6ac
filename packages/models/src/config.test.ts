/** @file Model configurations: the JSON round trip and what a wrong one says. */

import { expect, test } from "vitest";
import { type IfasConfig, parseModelConfig } from "./config.ts";
import { starterBaselineConfig, starterConfig } from "./starterConfig.ts";

const starter = starterConfig(512, { question: [5, 6, 7], yesId: 3, noId: 4, eosId: 2 });

function failing(change: (config: Record<string, Record<string, unknown>>) => void): () => unknown {
  const copy = structuredClone(starter) as unknown as Record<string, Record<string, unknown>>;
  change(copy);
  return () => parseModelConfig(copy);
}

test("configurations survive JSON", () => {
  for (const config of [starter, starterBaselineConfig]) {
    expect(parseModelConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  }
});

test("a wrong field is named with its value and what it must be", () => {
  expect(failing((c) => Object.assign(c["vit"] as object, { patchSize: 7 }))).toThrow(
    "[config] vit.patchSize: must divide imageSize, got 7",
  );
  expect(failing((c) => Object.assign(c["lm"] as object, { kvHeads: 3 }))).toThrow(
    "lm.kvHeads: must divide heads, got 3",
  );
  expect(failing((c) => Object.assign(c["lm"] as object, { heads: 32 }))).toThrow(
    "lm.heads: must split width into heads of a width that is a multiple of 4, up to 128, got 32",
  );
  expect(failing((c) => Object.assign(c["connector"] as object, { heads: 5 }))).toThrow(
    "connector.heads: must split width into heads of",
  );
  expect(failing((c) => Object.assign(c["connector"] as object, { kind: "pool" }))).toThrow(
    /connector\.kind: .*got "pool"/,
  );
  expect(failing((c) => Object.assign(c["prompt"] as object, { eosId: 512 }))).toThrow(
    "prompt.eosId: must be below lm.vocabularySize, which is 512, got 512",
  );
  expect(failing((c) => Object.assign(c["prompt"] as object, { noId: 3 }))).toThrow(
    "prompt.noId: must differ from yesId, got 3",
  );
  expect(failing((c) => Object.assign(c["vit"] as object, { depth: 4 }))).toThrow(/vit: .*depth/);
  expect(() => parseModelConfig(undefined)).toThrow("[config] the configuration: ");
});

test("every wrong field is named at once", () => {
  const wrong: Partial<IfasConfig> = { ...starter, vit: { ...starter.vit, heads: 0, width: 1.5 } };
  expect(() => parseModelConfig(wrong)).toThrow(/vit\.width.*vit\.heads/);
});
