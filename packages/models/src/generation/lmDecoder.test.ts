/** @file The dtype of a decoder's cache: that of the weights, half the bytes, and what rounding to it changes. */

import { testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { LmCache } from "../lm/lmCache.ts";
import { lmFixture } from "../lm/lmWitness.ts";
import { openLm } from "../lm/openLm.ts";
import { generateTokens } from "./generateTokens.ts";
import { LmDecoder } from "./lmDecoder.ts";

const rows = [
  [3, 1, 4],
  [1, 5, 9, 2, 6, 5, 3],
];

/** The logits behind a prompt and five tokens that are read one by one. */
async function logitsOf(weights: "f32" | "f16", cacheDType?: "f32" | "f16"): Promise<Float32Array> {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyQwen2"), { dtype: weights });
  using decoder = new LmDecoder(lm, { batch: 2, capacity: 12, cacheDType });
  decoder.prefill(rows);
  let next = decoder.step([8, 9]);
  for (const id of [7, 9, 3, 2]) next = decoder.step([id, id + 1]);
  return (await next.logits.read()) as Float32Array;
}

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test("the cache has the dtype of the weights that make keys, unless another is given", async () => {
  for (const [weights, other] of [
    ["f32", "f16"],
    ["f16", "f32"],
  ] as const) {
    const own = await logitsOf(weights);
    expect(await logitsOf(weights, weights)).toEqual(own);
    const changed = await logitsOf(weights, other);
    expect(changed).not.toEqual(own);
    const scale = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // A few roundings to f16, 2^-11 each, in each of two layers.
    expect(largestDifference(changed, own)).toBeLessThan(scale * 2 ** -9);
  }
});

test("a cache of f16 takes half the bytes, and gives the same answers", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyLlama"));
  const bytesOf = (dtype?: "f32" | "f16") => {
    using cache = new LmCache(device, lm.config, 2, 40, dtype);
    return cache.layers.reduce((total, { keys, values }) => total + keys.bytes + values.bytes, 0);
  };
  expect(bytesOf("f16")).toBe(bytesOf() / 2);
  const answers = await generateTokens(lm, { rows }, { maxTokens: 12 });
  expect(await generateTokens(lm, { rows }, { maxTokens: 12, cacheDType: "f16" })).toEqual(answers);
});
