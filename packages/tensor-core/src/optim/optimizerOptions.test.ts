/** @file Options and rates that no optimiser can use are refused before anything changes. */

import { describe, expect, it } from "vitest";
import { capture } from "../tensor/capture.ts";
import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Adam } from "./adam.ts";
import { AdamW } from "./adamW.ts";
import type { LearningRate } from "./parameterParts.ts";
import { SGD, sgdStep } from "./sgd.ts";

type Params = ReadonlyMap<string, Tensor>;

/** Built from options that types would not let pass. */
const optimizers = {
  AdamW: (params: Params, options: object) => new AdamW(params, options as never),
  Adam: (params: Params, options: object) => new Adam(params, options as never),
  SGD: (params: Params, options: object) => new SGD(params, options as never),
};

async function twoParameters() {
  const device = await testDevice();
  const scope = device.scope();
  const make = (value: number) =>
    new Map([
      ["weight", full(device, [2, 3], value)],
      ["bias", full(device, [5], value)],
    ]);
  const params = make(2);
  const values = async () => {
    const read = [];
    for (const parameter of params.values()) read.push(...(await parameter.read()));
    return read;
  };
  return { device, scope, params, grads: make(0.5), make, values };
}

function noRuleForBias(name: string): boolean {
  if (name === "bias") throw new Error("no rule for bias");
  return true;
}

describe.each(["AdamW", "Adam", "SGD"] as const)("%s", (name) => {
  const build = optimizers[name];
  const prefix = name === "Adam" ? "AdamW" : name;

  it("takes what is undefined for what is not given", async () => {
    const { scope, params, grads, make, values } = await twoParameters();
    using _scope = scope;
    const options = [
      "betas",
      "eps",
      "weightDecay",
      "maxGradNorm",
      "decays",
      "rateOf",
      "momentum",
      "nesterov",
    ];
    const none = Object.fromEntries(options.map((option) => [option, undefined]));
    const optimizer = build(params, { learningRate: 0.1, ...none });
    const others = make(2);
    const other = build(others, { learningRate: 0.1 });
    optimizer.step(grads);
    other.step(grads);
    const [weight, bias] = others.values();
    const after = await values();
    expect(after).toEqual([...(await weight!.read()), ...(await bias!.read())]);
    expect(after.every((value) => value > 1 && value < 2)).toBe(true);
    optimizer.dispose();
    other.dispose();
  });

  it.each([NaN, Infinity, -0.1, undefined, "0.1"])("refuses a learning rate of %s", async (rate) => {
    const { scope, params, grads, values } = await twoParameters();
    using _scope = scope;
    const message = `learningRate must be a finite number >= 0, got ${rate}`;
    expect(() => build(params, { learningRate: rate })).toThrow(RangeError);
    expect(() => build(params, { learningRate: rate })).toThrow(`[${prefix}] ${message}`);
    const optimizer = build(params, { learningRate: 0 });
    // Undefined is the default there.
    if (rate !== undefined)
      expect(() => optimizer.step(grads, rate as number)).toThrow(`[${prefix}] ${message}`);
    const schedule = (() => rate) as LearningRate;
    expect(() => optimizer.step(grads, schedule)).toThrow(
      `[${prefix}] learningRate of step 0 must be a finite number >= 0, got ${rate}`,
    );
    expect(optimizer.stepCount).toBe(0);
    expect(new Set(await values())).toEqual(new Set([2]));
    optimizer.dispose();
  });

  it("refuses a schedule that ends in a replay, and shares of the rate", async () => {
    const { device, scope, params, grads, values } = await twoParameters();
    using _scope = scope;
    const optimizer = build(params, { learningRate: (step: number) => [0.1, 0.1, 0.1][step] });
    using captured = capture(device, () => {
      optimizer.step(grads);
      return {};
    });
    for (let i = 0; i < 3; i++) captured.run({});
    const before = await values();
    expect(() => captured.run({})).toThrow(
      "learningRate of step 3 must be a finite number >= 0, got undefined",
    );
    expect(optimizer.stepCount).toBe(3);
    expect(await values()).toEqual(before);
    optimizer.dispose();
    const shared = build(params, { learningRate: 1, rateOf: (of: string) => (of === "bias" ? NaN : 1) });
    expect(() => shared.step(grads)).toThrow(`[${prefix}] rateOf bias must be a finite number >= 0, got NaN`);
    expect(shared.stepCount).toBe(0);
    expect(await values()).toEqual(before);
    shared.dispose();
  });

  it("asks which parameters decay before anything moves", async () => {
    const { scope, params, grads, values } = await twoParameters();
    using _scope = scope;
    const optimizer = build(params, { learningRate: 1, weightDecay: 0.1, decays: noRuleForBias });
    expect(() => optimizer.step(grads)).toThrow("no rule for bias");
    expect(optimizer.stepCount).toBe(0);
    expect(new Set(await values())).toEqual(new Set([2]));
    optimizer.dispose();
  });
});

it.each([
  ["AdamW", { betas: [1, 0.9] }, "[AdamW] betas[0] must be 0 to below 1, got 1"],
  ["AdamW", { betas: [0.9, -0.1] }, "[AdamW] betas[1] must be 0 to below 1, got -0.1"],
  ["AdamW", { betas: [0.9] }, "[AdamW] betas[1] must be 0 to below 1, got undefined"],
  ["Adam", { betas: [NaN, 0.9] }, "[AdamW] betas[0] must be 0 to below 1, got NaN"],
  ["AdamW", { eps: NaN }, "[AdamW] eps must be a finite number >= 0, got NaN"],
  ["Adam", { eps: -1e-8 }, "[AdamW] eps must be a finite number >= 0, got -1e-8"],
  ["AdamW", { weightDecay: Infinity }, "[AdamW] weightDecay must be a finite number >= 0, got Infinity"],
  ["AdamW", { maxGradNorm: NaN }, "[AdamW] maxGradNorm must be a number >= 0, got NaN"],
  ["SGD", { momentum: 1 }, "[SGD] momentum must be 0 to below 1, got 1"],
  ["SGD", { momentum: NaN }, "[SGD] momentum must be 0 to below 1, got NaN"],
  ["SGD", { weightDecay: -1 }, "[SGD] weightDecay must be a finite number >= 0, got -1"],
  ["SGD", { nesterov: true }, "[SGD] nesterov needs a momentum > 0, got 0"],
] as const)("%s refuses %o", async (name, options, message) => {
  const { scope, params } = await twoParameters();
  using _scope = scope;
  const build = () => optimizers[name](params, { learningRate: 0.1, ...options });
  expect(build).toThrow(RangeError);
  expect(build).toThrow(message);
});

it("sgdStep refuses a rate that is none", async () => {
  const { scope, params, grads, values } = await twoParameters();
  using _scope = scope;
  for (const rate of [NaN, -1, () => NaN]) {
    expect(() => sgdStep(params, grads, rate)).toThrow("[sgdStep] learningRate must be a finite number >= 0");
  }
  expect(new Set(await values())).toEqual(new Set([2]));
});
