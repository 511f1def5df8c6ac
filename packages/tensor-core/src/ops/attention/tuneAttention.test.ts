/** @file What is tuned is used, for problems of its class alone, and only while its kernels are those of today. */

import { describe, expect, it } from "vitest";
import { zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { attention, type AttentionOptions } from "./attention.ts";
import {
  type AttentionPass,
  type AttentionProblem,
  attentionVariantName,
  attentionVariantsFor,
  defaultAttention,
} from "./attentionVariant.ts";
import { attentionClass, attentionFamily, attentionRevision, chooseAttention } from "./chooseAttention.ts";
import { tuneAttention } from "./tuneAttention.ts";

const problem: AttentionProblem = { batch: 2, tokens: 20, keys: 24, heads: 4, dim: 12 };
const passes = ["forward", "backward"] as const satisfies AttentionPass[];
const chosenFor = (device: Device, pass: AttentionPass, of: AttentionProblem) =>
  attentionVariantName(chooseAttention(device, pass, of));

describe("tuneAttention", () => {
  it("tries every variant that differs, and the choices hold for the shape class", async () => {
    using own = await Device.open({ tuned: false });
    const usual = defaultAttention(own.info, problem.dim);
    const tuned = await tuneAttention(own, [problem], { repeats: 1 });
    expect(tuned.map(({ pass }) => pass)).toEqual(passes);
    for (const { pass, tried, untuned, chosen } of tuned) {
      // 20 queries are one pass, whatever its length.
      const names = attentionVariantsFor(own.info, problem.dim)[pass].map(attentionVariantName);
      const differing = names.filter((name) => name !== "passes128" && name !== "passes512");
      expect(tried.map(({ variant }) => variant).toSorted()).toEqual(differing.toSorted());
      expect(untuned).toBe(attentionVariantName(usual[pass]));
      expect(chosenFor(own, pass, problem)).toBe(chosen);
    }
    const [, , ...rest] = await tuneAttention(own, [problem, { ...problem, tokens: 300, causal: true }], {
      repeats: 0,
    });
    expect(rest.map(({ tried }) => tried.length)).toEqual(
      passes.map((pass) => attentionVariantsFor(own.info, problem.dim)[pass].length),
    );
    // SwiftShader compiles slowly.
  }, 180_000);

  it("keeps the choices of the passes, and of other problems, apart", async () => {
    using own = await Device.open({ tuned: false });
    const usual = attentionVariantName(defaultAttention(own.info, problem.dim).forward);
    const choose = (pass: AttentionPass, name: string, revision = attentionRevision(own.info, pass)) =>
      own.tuning.set(attentionFamily(pass, problem), revision, attentionClass(problem), name);
    choose("forward", "plain.rolled");
    expect(chosenFor(own, "forward", { ...problem, batch: 1, heads: 5, tokens: 17, keys: 32 })).toBe(
      "plain.rolled",
    );
    expect(chosenFor(own, "backward", problem)).not.toBe("plain.rolled");
    const others = [
      { batch: 3 },
      { tokens: 33 },
      { keys: 16 },
      { dim: 20 },
      { causal: true },
      { keyHeads: 2 },
    ];
    for (const other of others) {
      expect(chosenFor(own, "forward", { ...problem, ...other })).toBe(usual);
    }
    choose("forward", "a variant that was removed");
    expect(chosenFor(own, "forward", problem)).toBe(usual);
    choose("forward", "plain.rolled", "another revision");
    expect(chosenFor(own, "forward", problem)).toBe(usual);
    choose("backward", "plain.rolled");
    expect(chosenFor(own, "backward", problem)).toBe("plain.rolled");
    expect(attentionFamily("backward", problem)).toBe("attention.backward.f32");
    expect(attentionRevision(own.info, "forward")).not.toBe(attentionRevision(own.info, "backward"));
  });

  it("tunes halves by themselves", async () => {
    using own = await Device.open({ tuned: false });
    const halves = { ...problem, dtype: "f16" } as const;
    const [forward] = await tuneAttention(own, [halves], { repeats: 0 });
    expect(forward?.problem.dtype).toBe("f16");
    expect(own.tuning.has("attention.forward.f16")).toBe(true);
    expect(own.tuning.has("attention.forward.f32")).toBe(false);
    expect(attentionRevision(own.info, "forward", halves)).not.toBe(attentionRevision(own.info, "forward"));
    own.tuning.set(
      attentionFamily("forward", halves),
      attentionRevision(own.info, "forward", halves),
      attentionClass(halves),
      "plain.rolled",
    );
    const kernelOf = (dtype: "f32" | "f16") => {
      using _scope = own.scope();
      const [q, k] = [zeros(own, [2, 20, 4, 12], dtype), zeros(own, [2, 24, 4, 12], dtype)];
      const { step } = own.record(() => attention(q, k, k));
      for (const pooled of step.released) own.pool.release(pooled);
      return step.commands[0]?.kernel.constants;
    };
    expect(kernelOf("f16")).toMatchObject({ ROLLED: true });
    expect(kernelOf("f32")).not.toMatchObject({ ROLLED: true });
  }, 180_000);

  it("is asked by attention for its own sizes, and whether positions hide keys", async () => {
    using own = await Device.open({ tuned: false });
    const kernelOf = (options: AttentionOptions) => {
      using _scope = own.scope();
      const [q, k] = [zeros(own, [2, 20, 4, 12]), zeros(own, [2, 24, 2, 12])];
      const { step } = own.record(() => attention(q, k, k, options));
      for (const pooled of step.released) own.pool.release(pooled);
      return step.commands[0]?.kernel.constants;
    };
    own.tuning.set(
      attentionFamily("forward", problem),
      attentionRevision(own.info, "forward"),
      attentionClass({ ...problem, keyHeads: 2, causal: true }),
      "plain.rolled",
    );
    for (const options of [{ mask: "causal" }, { mask: "prefixCausal", prefix: 3 }] as const) {
      expect(kernelOf(options)).toMatchObject({ ROLLED: true });
    }
    expect(kernelOf({})).not.toMatchObject({ ROLLED: true });
    expect(kernelOf({ mask: "prefixCausal", prefix: 24 })).not.toMatchObject({ ROLLED: true });
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    await expect(tuneAttention(device, [{ ...problem, dim: 6 }])).rejects.toThrow("the width 6 must be");
    await expect(tuneAttention(device, [{ ...problem, keyHeads: 3 }])).rejects.toThrow(
      "4 query heads must be a multiple of 3 key heads",
    );
  });
});
