/** @file What an optimiser, a scaler or a cache gets from another device is refused, and nothing is changed. */

import { expect, it } from "vitest";
import { attention } from "../ops/attention/attention.ts";
import { appendKeyValue, keyValueCache } from "../ops/attention/keyValueCache.ts";
import { full, ones, tensor } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { Adam } from "./adam.ts";
import { AdamW } from "./adamW.ts";
import { clipGradNorm } from "./gradNorm.ts";
import { LossScaler } from "./lossScaler.ts";
import { SGD, sgdStep } from "./sgd.ts";

type Named = Map<string, Tensor>;

const optimizers = {
  AdamW: (params: Named) => new AdamW(params, { learningRate: 1 }),
  Adam: (params: Named) => new Adam(params, { learningRate: 1 }),
  SGD: (params: Named) => new SGD(params, { learningRate: 1 }),
  "SGD with momentum": (params: Named) => new SGD(params, { learningRate: 1, momentum: 0.5 }),
};

let second: Promise<Device> | undefined;
const two = async () => ({
  device: await testDevice(),
  other: await (second ??= Device.open({ tuned: false })),
});
const live = (what: string) => `${what} live on two devices; make them on the same one`;

it.each(Object.entries(optimizers))("%s takes no gradient of another device", async (_, build) => {
  const { device, other } = await two();
  const params = new Map([
    ["a", full(device, [2], 5)],
    ["b", full(device, [2], 5)],
  ]);
  const optimizer = build(params);
  const grads = new Map([
    ["a", ones(device, [2])],
    ["b", ones(other, [2])],
  ]);
  expect(() => optimizer.step(grads)).toThrow(ShapeError);
  expect(() => optimizer.step(grads)).toThrow(live("b and its gradient"));
  expect(optimizer.stepCount).toBe(0);
  for (const parameter of params.values()) expect([...(await parameter.read())]).toEqual([5, 5]);
  const apart = new Map([...params, ["c", ones(other, [2])]]);
  expect(() => build(apart)).toThrow(live("a and c"));
  optimizer.dispose();
});

it("sgdStep takes no gradient and no parameters of two devices", async () => {
  const { device, other } = await two();
  const params = new Map([["a", full(device, [2], 5)]]);
  expect(() => sgdStep(params, new Map([["a", ones(other, [2])]]), 1)).toThrow(
    live("[sgdStep] a and its gradient"),
  );
  const apart = new Map([...params, ["b", ones(other, [2])]]);
  expect(() => sgdStep(apart, apart, 1)).toThrow(live("[sgdStep] a and b"));
  expect([...(await params.get("a")!.read())]).toEqual([5, 5]);
});

it("clipGradNorm and LossScaler take none either", async () => {
  const { device, other } = await two();
  const grads = new Map([
    ["a", ones(device, [2])],
    ["b", ones(other, [2])],
  ]);
  expect(() => clipGradNorm(grads, 1)).toThrow(live("[clipGradNorm] the gradients of a and b"));
  const scaler = new LossScaler(device);
  expect(() => scaler.unscale(grads)).toThrow(live("[lossScaler.unscale] the tensors"));
  expect(() => scaler.scaleLoss(ones(other, []))).toThrow(live("[mul] the tensors"));
  scaler.dispose();
});

it("appendKeyValue writes no keys, values or positions of another device", async () => {
  const { device, other } = await two();
  const cache = keyValueCache(device, 1, 2, 1, 4);
  const [here, there] = [ones(device, [1, 1, 1, 4]), ones(other, [1, 1, 1, 4])];
  const refused = live("[attention.appendKeyValue] the tensors");
  expect(() => appendKeyValue(cache, there, there, 0)).toThrow(refused);
  expect(() => appendKeyValue(cache, here, there, 0)).toThrow(refused);
  expect(() => appendKeyValue(cache, here, here, tensor(other, [1], [1], "i32"))).toThrow(refused);
  expect(new Set(await cache.keys.read())).toEqual(new Set([0]));
});

it("attention takes no lengths and no mask of another device", async () => {
  const { device, other } = await two();
  const q = ones(device, [1, 2, 1, 4]);
  const [near, far] = [device, other].map((of) => tensor(of, [1], [1], "i32")) as [Tensor, Tensor];
  const mask = tensor(other, [1, 0], [1, 2], "i32");
  expect(() => attention(q, q, q, { lengths: far })).toThrow(live("[attention] the tensors"));
  expect(() => attention(q, q, q, { keyMask: mask })).toThrow(live("[attention] the tensors"));
  expect(() => attention(q, q, q, { lengths: near, keyMask: mask })).toThrow(
    live("[attention.visibility] the tensors"),
  );
});
