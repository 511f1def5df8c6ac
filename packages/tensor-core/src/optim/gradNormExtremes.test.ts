/** @file Norms that f32 does not hold, and gradients that are no numbers: with a limit and without. */

import { describe, expect, it } from "vitest";
import { full, tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Adam } from "./adam.ts";
import { AdamW, type AdamWOptions } from "./adamW.ts";
import { clipGradNorm } from "./gradNorm.ts";

/** Values of `b`, from [1, 1], after a step by gradients of 1, beside a parameter `a` whose gradient is given. */
async function stepBeside(
  build: (params: Map<string, Tensor>) => AdamW,
  first: number,
): Promise<{ readonly b: readonly number[]; readonly norm: number }> {
  const device = await testDevice();
  using _scope = device.scope();
  const b = full(device, [2], 1);
  const optimizer = build(
    new Map([
      ["a", full(device, [4], 1)],
      ["b", b],
    ]),
  );
  optimizer.step(
    new Map([
      ["a", tensor(device, [first, 0, 0, 0])],
      ["b", full(device, [2], 1)],
    ]),
  );
  const after = { b: [...(await b.read())], norm: await optimizer.lastGradNorm.item() };
  optimizer.dispose();
  return after;
}

const withLimit = (limit: Pick<AdamWOptions, "maxGradNorm">) => (params: Map<string, Tensor>) =>
  new AdamW(params, { learningRate: 0.1, ...limit });

/** A gradient and one of 100 beside it, clipped. */
const clip = async (first: number, limit: number) => {
  const device = await testDevice();
  using _scope = device.scope();
  const grads = new Map([
    ["a", tensor(device, [first])],
    ["b", full(device, [2], 100)],
  ]);
  const clipped = clipGradNorm(grads, limit);
  return { a: await clipped.grads.get("a")!.item(), b: [...(await clipped.grads.get("b")!.read())] };
};

const moved = [Math.fround(0.9), Math.fround(0.9)];

describe("AdamW", () => {
  // 3e19 squared is more than f32 holds, and so is its norm here.
  it.each([3e19, Infinity, NaN])(
    "scales nothing without a limit, next to a gradient of %s",
    async (first) => {
      for (const limit of [{}, { maxGradNorm: Infinity }, { maxGradNorm: 1e39 }]) {
        const { b, norm } = await stepBeside(withLimit(limit), first);
        expect(b[0]).toBeCloseTo(moved[0]!, 6);
        expect(b[1]).toBe(b[0]);
        expect(norm).toBe(Number.isNaN(first) ? NaN : Infinity);
      }
      const adam = await stepBeside((params) => new Adam(params, { learningRate: 0.1 }), first);
      expect(adam.b[0]).toBeCloseTo(moved[0]!, 6);
    },
  );

  it("makes NaN of everything where there is a limit and the norm is NaN", async () => {
    const { b } = await stepBeside(withLimit({ maxGradNorm: 1 }), NaN);
    expect(b).toEqual([NaN, NaN]);
  });
});

describe("clipGradNorm", () => {
  it("makes NaN of everything where the norm is NaN", async () => {
    for (const limit of [1, 1000, 3e38]) expect(await clip(NaN, limit)).toEqual({ a: NaN, b: [NaN, NaN] });
  });

  it("takes an infinite norm for what it is: only what is infinite is NaN then", async () => {
    expect(await clip(Infinity, 1)).toEqual({ a: NaN, b: [0, 0] });
    expect(await clip(-Infinity, 1)).toEqual({ a: NaN, b: [0, 0] });
  });

  it.each([3e19, Infinity, NaN])(
    "scales nothing without a limit, next to a gradient of %s",
    async (first) => {
      for (const limit of [Infinity, 1e39]) {
        expect(await clip(first, limit)).toEqual({ a: Math.fround(first), b: [100, 100] });
      }
    },
  );
});
