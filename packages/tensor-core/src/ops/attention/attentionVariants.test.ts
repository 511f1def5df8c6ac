/** @file Every variant of attention that a device can run, in both passes, against the formulas in f64. */

import { describe, expect, it } from "vitest";
import type { DeviceInfo } from "../../device/openDevice.ts";
import { valueAndGrad } from "../../autograd/tape.ts";
import { zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AttentionCase, checkAttention } from "../../testing/checkAttention.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { sum } from "../reduce/sum.ts";
import { attention } from "./attention.ts";
import {
  type AttentionPass,
  attentionVariantName,
  type AttentionVariants,
  attentionVariantsFor,
  defaultAttention,
} from "./attentionVariant.ts";
import { withAttentionVariant } from "./chooseAttention.ts";

const cases: readonly AttentionCase[] = [
  // Three passes of 128, or two of 256.
  {
    batch: 1,
    tokens: 260,
    keys: 41,
    keyHeads: 2,
    group: 1,
    dim: 12,
    mask: "none",
    prefix: 0,
    masked: { lengths: [35], hidden: 3 },
  },
  { batch: 2, tokens: 35, keys: 37, keyHeads: 1, group: 3, dim: 48, mask: "prefixCausal", prefix: 5 },
  { batch: 1, tokens: 21, keys: 19, keyHeads: 1, group: 2, dim: 128, mask: "causal", prefix: 0 },
];

/** Pairs in which each variant occurs, and each kind forward with each kind backward: what is saved must suit both. */
function pairsOf({ forward, backward }: ReturnType<typeof attentionVariantsFor>): AttentionVariants[] {
  const count = Math.max(forward.length, backward.length);
  return Array.from({ length: count }, (_, i) => ({
    forward: forward[i % forward.length] as AttentionVariants["forward"],
    backward: backward[(i + 3) % backward.length] as AttentionVariants["backward"],
  }));
}

const nameOf = ({ forward, backward }: AttentionVariants) =>
  `${attentionVariantName(forward)} and ${attentionVariantName(backward)}`;

for (const without of [[], ["subgroups"]]) {
  const { info } = await testDevice(without);
  describe.each(cases)(`attention without [${without}], over $tokens queries in heads of $dim`, (c) => {
    it.each(pairsOf(attentionVariantsFor(info, c.dim)).map((pair) => [nameOf(pair), pair] as const))(
      "holds by %s",
      async (_, pair) => {
        const device = await testDevice(without);
        // All is recorded before the check first waits.
        await withAttentionVariant(device, pair, () => checkAttention(device, c));
        if (c.dim !== 48) await withAttentionVariant(device, pair, () => checkAttention(device, c, "f16"));
      },
    );
  });
}

// Several heads whose quads leave a lane free: what that one wrote would be in the next row, which is done.
it.each([24, 112])("heads of %i in f16 write nothing past their ends", async (dim) => {
  const c = { batch: 1, tokens: 5, keys: 6, keyHeads: 2, group: 1, dim, mask: "none", prefix: 0 } as const;
  await checkAttention(await testDevice(), c, "f16");
});

/** The kernels that a pass of each kind is made of. */
const kernels: Readonly<Record<string, readonly string[]>> = {
  "forward shared": ["attention.forward.shared"],
  "forward plain": ["attention.forward"],
  "backward passes": [
    "attention.backward.weights.shared",
    "attention.backward.query.shared",
    "attention.backward.key.shared",
    "attention.backward.key.shared",
  ],
  "backward plain": ["attention.backward.query", "attention.backward.key"],
};

/** What attention of a head is made of, by kernels and their constants. */
function recordedBy(device: Device, tokens: number) {
  using _scope = device.scope();
  const [q, k, v] = [0, 1, 2].map(() => zeros(device, [1, tokens, 1, 8])) as [Tensor, Tensor, Tensor];
  const { step } = device.record(() =>
    valueAndGrad(() => sum(attention(q, k, v)), new Map(Object.entries({ q, k, v }))),
  );
  for (const pooled of step.released) device.pool.release(pooled);
  return step.commands
    .map(({ kernel }) => kernel)
    .filter(({ label }) => label.startsWith("attention.") && !/stats|lse/.test(label));
}

describe("a variant", () => {
  it("decides which kernels run, and with how many rows", async () => {
    const device = await testDevice();
    const listed = attentionVariantsFor(device.info, 8);
    for (const forward of listed.forward) {
      const [kernel] = withAttentionVariant(device, { forward }, () => recordedBy(device, 300));
      expect([kernel?.label]).toEqual(kernels[`forward ${forward.kind}`]);
      expect(kernel?.constants).toMatchObject(
        forward.kind === "shared" ? { ROWS: forward.rows } : { ROLLED: forward.rolled },
      );
    }
    for (const backward of listed.backward) {
      const [, ...found] = withAttentionVariant(device, { backward }, () => recordedBy(device, 300));
      const times = backward.kind === "passes" ? Math.ceil(300 / backward.rows) : 1;
      const once = kernels[`backward ${backward.kind}`] as readonly string[];
      expect(found.map(({ label }) => label)).toEqual(Array.from({ length: times }, () => once).flat());
      if (backward.kind === "plain") expect(found[0]?.constants).toMatchObject({ ROLLED: backward.rolled });
    }
  });

  // 16 rows of weights take 16 KiB.
  it.each([
    [10_000, "backward plain"],
    [20_000, "backward passes"],
  ])("cuts passes to what is bound at once, %i bytes, or does without", async (maxBindingBytes, kind) => {
    using device = await Device.open({ maxBindingBytes, tuned: false });
    const c = { batch: 1, tokens: 40, keys: 64, keyHeads: 2, group: 1, dim: 4 } as const;
    await checkAttention(device, { ...c, mask: "causal", prefix: 0 });
    const shared = defaultAttention(device.info, 4).backward.kind === "passes";
    const labels = new Set(kernels[shared ? kind : "backward plain"]);
    using _scope = device.scope();
    const q = zeros(device, [1, 40, 2, 4]);
    const k = zeros(device, [1, 64, 2, 4]);
    const { step } = device.record(() => valueAndGrad(() => sum(attention(q, k, k)), new Map([["q", q]])));
    const used = step.commands.map(({ kernel }) => kernel.label);
    expect(used.filter((label) => labels.has(label))).not.toEqual([]);
  });
});

const info = (software: boolean, min: number, max = min) =>
  ({ software, subgroupMinSize: min, subgroupMaxSize: max }) as DeviceInfo;

const namesOf = (of: DeviceInfo, dim: number) =>
  attentionVariantsFor(of, dim).forward.map(attentionVariantName);

describe("attention without tuning", () => {
  it.each([
    [info(true, 8), 64, "shared16 and passes256"],
    [info(true, 8), 68, "shared8 and passes256"],
    [info(false, 32), 128, "shared16 and passes256"],
    [info(false, 16), 128, "shared16 and passes256"],
    [info(true, 4), 32, "plain and plain"],
    [info(true, 4), 36, "plain.rolled and plain.rolled"],
    [info(false, 8, 32), 128, "plain and plain"],
    [info(false, 64), 64, "plain and plain"],
  ])("on %o in heads of %i is %s", (of, dim, name) => {
    expect(nameOf(defaultAttention(of, dim))).toBe(name);
    const listed = attentionVariantsFor(of, dim);
    for (const pass of ["forward", "backward"] as const satisfies AttentionPass[]) {
      expect(listed[pass].map(attentionVariantName)).toContain(
        attentionVariantName(defaultAttention(of, dim)[pass]),
      );
    }
  });

  it("unrolls wide heads on no software adapter", () => {
    expect(namesOf(info(true, 8), 36)).toEqual(["shared8", "shared16", "plain.rolled"]);
    expect(namesOf(info(true, 4), 32)).toEqual(["plain.rolled", "plain"]);
    expect(namesOf(info(false, 4), 64)).toEqual(["plain.rolled", "plain"]);
  });
});
