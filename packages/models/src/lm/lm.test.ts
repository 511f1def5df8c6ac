/** @file The language model against f64: rotary positions, grouped heads, the prefix mask, both heads. */

import { Random, tensor } from "@candor/tensor-core";
import { assertClose, largest, random64, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import * as reference from "../testing/reference64.ts";
import { Lm } from "./lm.ts";
import { type LmConfig, lmParameterCount } from "./lmConfig.ts";

const config: LmConfig = {
  vocabularySize: 11,
  width: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 12,
  ropeBase: 100,
  tiedHead: false,
};
const [length, prefix] = [7, 3];

function lm64(parameters: reference.Parameters64, rows: reference.Rows, seenByAll: number): number[][] {
  const { heads, kvHeads, ropeBase, layers } = config;
  let x = rows.map((row) => [...row]);
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `layers.${layer}.${part}`;
    const normed = reference.rmsNorm(parameters, name("attentionNorm"), x);
    const map = (part: string) => reference.linear(parameters, name(`attention.${part}`), normed);
    const attended = reference.attend(
      reference.rotary(map("query"), heads, ropeBase),
      reference.rotary(map("key"), kvHeads, ropeBase),
      map("value"),
      heads,
      kvHeads,
      (t, s) => s <= t || s < seenByAll,
    );
    x = reference.addRows(x, reference.linear(parameters, name("attention.output"), attended));
    const second = reference.rmsNorm(parameters, name("mlpNorm"), x);
    const up = reference.linear(parameters, name("mlp.up"), second);
    const gated = reference
      .linear(parameters, name("mlp.gate"), second)
      .map((row, t) => row.map((g, d) => (g / (1 + Math.exp(-g))) * (up[t]?.[d] as number)));
    x = reference.addRows(x, reference.linear(parameters, name("mlp.down"), gated));
  }
  return reference.linear(parameters, "head", reference.rmsNorm(parameters, "finalNorm", x));
}

test("logits are those of the equations, behind a prefix that all tokens see", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = new Lm(device, config, new Random(4));
  const x = random64([2, length, config.width], new Random(5));
  const parameters = await reference.parameters64(lm);
  for (const seenByAll of [prefix, 0]) {
    const want = reference
      .samples(x.data, length, config.width)
      .flatMap((rows) => lm64(parameters, rows, seenByAll).flat());
    const y = lm.logits(lm.forwardEmbeddings(tensor(device, x.data, x.shape), seenByAll));
    expect(y.shape).toEqual([2, length, config.vocabularySize]);
    assertClose("logits", await y.read(), want, tolerance("composite", 16, largest(want)));
  }
});

test("the logits of a few tokens are columns of all logits, with either head", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  for (const tiedHead of [false, true]) {
    const lm = new Lm(device, { ...config, tiedHead }, new Random(6));
    const x = random64([3, config.width], new Random(7));
    const states = tensor(device, x.data, x.shape);
    const [all, few] = [
      await lm.logits(states).read(),
      await lm.logitsOf(states, tensor(device, [9, 2], [2], "i32")).read(),
    ];
    const want = [0, 1, 2].flatMap((row) =>
      [9, 2].map((id) => all[row * config.vocabularySize + id] as number),
    );
    assertClose("logits of 9 and 2", few, want, tolerance("product", 16, largest(want)));
  }
});

test("the number of parameters is that of the formula", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  for (const c of [config, { ...config, tiedHead: true, kvHeads: 1, layers: 1 }]) {
    expect(new Lm(device, c, new Random(1)).parameterCount()).toBe(lmParameterCount(c));
  }
  // SmolLM-135M is published with 134,515,008 parameters.
  const smol = { vocabularySize: 49_152, width: 576, layers: 30, heads: 9, kvHeads: 3, hidden: 1536 };
  expect(lmParameterCount({ ...smol, ropeBase: 10_000, tiedHead: true })).toBe(134_515_008);
});
