/** @file Which attention is tuned. */

import { testDevice } from "@candor/tensor-core/testing";
import { expect, it, test } from "vitest";
import { assertAttentions, attentionName, parseAttentions, usualAttentions } from "./attentionProblems.ts";

test("sizes, heads of keys and the mask are read, and named alike", () => {
  const texts = ["8x12x197x200x64", "1x9/3x256x256x32:causal"];
  const problems = parseAttentions([texts.join()]);
  expect(problems).toEqual([
    { batch: 8, heads: 12, keyHeads: 12, tokens: 197, keys: 200, dim: 64, causal: false },
    { batch: 1, heads: 9, keyHeads: 3, tokens: 256, keys: 256, dim: 32, causal: true },
  ]);
  expect(problems.map(attentionName)).toEqual(texts);
  expect(parseAttentions([])).toEqual([]);
  expect(usualAttentions.map(({ heads, keyHeads = 0 }) => heads % keyHeads)).toEqual(
    usualAttentions.map(() => 0),
  );
});

it.each(["8x12x197x64", "8x12x0x197x64", "8x12/0x197x197x64", "8x12x197x197x64:none", "x"])(
  "%s is no problem of attention",
  (text) => {
    expect(() => parseAttentions([text])).toThrow(`--attention must be BxHxTxSxD`);
  },
);

test("heads and widths that attention does not take are known before anything is tuned", async () => {
  const device = await testDevice();
  assertAttentions(device, usualAttentions);
  const refused = (text: string) => () => assertAttentions(device, parseAttentions([text]));
  expect(refused("1x1x4x4x64,1x1x4x4x6")).toThrow("the width 6 must be a multiple of 4");
  expect(refused("1x4/3x4x4x64")).toThrow("4 query heads must be a multiple of 3 key heads");
});
