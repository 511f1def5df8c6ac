/** @file Every element of attention's gradients against their formulas in f64, where differences look at a few. */

import { describe, it } from "vitest";
import { type AttentionCase, checkAttention } from "../../testing/checkAttention.ts";
import { testDevice } from "../../testing/testDevice.ts";

const cases: Readonly<Record<string, AttentionCase>> = {
  // More queries than a pass takes, and more keys than a block.
  "queries of two passes": {
    batch: 2,
    tokens: 260,
    keys: 41,
    keyHeads: 2,
    group: 1,
    dim: 12,
    mask: "none",
    prefix: 0,
    masked: { lengths: [41, 22], hidden: 3 },
  },
  "grouped heads of a width that is no power of two": {
    batch: 2,
    tokens: 35,
    keys: 37,
    keyHeads: 2,
    group: 3,
    dim: 48,
    mask: "prefixCausal",
    prefix: 5,
  },
  "wide heads, and queries without keys": {
    batch: 1,
    tokens: 21,
    keys: 19,
    keyHeads: 1,
    group: 2,
    dim: 128,
    mask: "causal",
    prefix: 0,
  },
};

describe.each([[[]], [["subgroups"]]])("attention's gradients without [%s]", (without) => {
  it.each(Object.keys(cases))("hold for %s", async (name) => {
    await checkAttention(await testDevice(without), cases[name] as AttentionCase);
  });
});
