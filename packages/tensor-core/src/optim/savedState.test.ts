/** @file A saved state that no run can have had is refused, and nothing of it is taken. */

import { expect, it } from "vitest";
import type { HostTensor } from "../nn/module.ts";
import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW } from "./adamW.ts";
import { SGD } from "./sgd.ts";

const build = {
  AdamW: (params: ReadonlyMap<string, Tensor>) => new AdamW(params, { learningRate: 1 }),
  SGD: (params: ReadonlyMap<string, Tensor>) => new SGD(params, { learningRate: 1, momentum: 0.9 }),
};

it.each([
  ["AdamW", "first", NaN, "a finite number"],
  ["AdamW", "first", -Infinity, "a finite number"],
  ["AdamW", "second", NaN, "a finite number >= 0"],
  ["AdamW", "second", Infinity, "a finite number >= 0"],
  ["AdamW", "second", -1, "a finite number >= 0"],
  ["SGD", "velocity", NaN, "a finite number"],
  ["SGD", "velocity", Infinity, "a finite number"],
] as const)("%s refuses a %s of %s", async (name, kind, value, what) => {
  const device = await testDevice();
  using _scope = device.scope();
  const params = new Map([["w", full(device, [3], 2)]]);
  const optimizer = build[name](params);
  const state = new Map<string, HostTensor>();
  for (const key of optimizer.state().keys()) state.set(key, { shape: [3], data: Float32Array.of(1, 2, 3) });
  const bad = new Map([...state, [`${kind}.w`, { shape: [3], data: Float32Array.of(1, value, 3) }]]);
  expect(() => optimizer.loadState(bad, 7)).toThrow(RangeError);
  expect(() => optimizer.loadState(bad, 7)).toThrow(
    `[${name}] element 1 of ${kind}.w must be ${what}, got ${value}`,
  );
  expect(optimizer.stepCount).toBe(0);
  for (const kept of optimizer.state().values()) expect([...(await kept.read())]).toEqual([0, 0, 0]);
  // Whatever else is a number is taken.
  const least = kind === "second" ? 0 : -1;
  const good = new Map([...state, [`${kind}.w`, { shape: [3], data: Float32Array.of(1, least, 3) }]]);
  optimizer.loadState(good, 7);
  expect([...(await optimizer.state().get(`${kind}.w`)!.read())]).toEqual([1, least, 3]);
  optimizer.dispose();
});
