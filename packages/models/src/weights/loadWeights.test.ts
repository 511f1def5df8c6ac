/** @file Published weights into modules: renamed, cut, converted and narrowed values, and what is refused before allocation. */

import {
  bytesSource,
  type Device,
  encodeSafetensors,
  Linear,
  Module,
  openSafetensors,
  Random,
  type Tensor,
  type TensorToStore,
  withoutMemory,
  zeros,
} from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { describe, expect, test } from "vitest";
import { loadWeights } from "./loadWeights.ts";
import { renamed, renamedLayout, type WeightLayout } from "./weightLayout.ts";

class Pair extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly table: Tensor;

  constructor(device: Device) {
    super();
    this.query = new Linear(device, 3, 2, new Random(1));
    this.key = new Linear(device, 3, 2, new Random(2), { bias: false });
    this.table = zeros(device, [2]);
  }
}

const sumPairs = (v: Float32Array) => Float32Array.of((v[0] ?? 0) + (v[1] ?? 0), (v[2] ?? 0) + (v[3] ?? 0));
const narrowMatrices = (_: string, { length }: readonly number[]) => (length > 1 ? "f16" : "f32");

/** query and key are rows of one tensor; the table is the sum of neighbours. */
const layout: WeightLayout = {
  source: (name) => {
    if (name === "query.weight") return { published: "qk.weight", shape: [4, 3] };
    if (name === "key.weight") return { published: "qk.weight", shape: [4, 3], row: 2 };
    if (name === "table") {
      return { published: "pe", shape: [1, 4], convert: sumPairs };
    }
    return { published: name.replace("query", "q") };
  },
  ignored: [/position_ids$/],
};

const count = (shape: readonly number[], first = 0): TensorToStore => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
});

const stored = (): Map<string, TensorToStore> =>
  new Map<string, TensorToStore>([
    ["pe", count([1, 4])],
    ["qk.weight", { ...count([4, 3]), dtype: "F16" }],
    ["q.bias", count([2], 7)],
    ["embeddings.position_ids", { shape: [3], data: Int32Array.of(0, 1, 2) }],
  ]);

const open = (tensors: ReadonlyMap<string, TensorToStore>) =>
  openSafetensors(bytesSource(encodeSafetensors(tensors), "model.safetensors"));

test("parameters get their rows, converted values and dtypes, whatever the size of a piece", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  for (const chunkBytes of [2, 12, 2 ** 20]) {
    const model = withoutMemory(() => new Pair(device));
    const { bytes } = await loadWeights(model, layout, await open(stored()), {
      chunkBytes,
      dtype: narrowMatrices,
    });
    expect(bytes).toBe(2 * 12 + 4 * 4);
    expect([...model.namedParameters()].map(([name, { dtype: type }]) => [name, type])).toEqual([
      ["query.weight", "f16"],
      ["query.bias", "f32"],
      ["key.weight", "f16"],
      ["table", "f32"],
    ]);
    const values = [...(await model.stateDict())].map(([name, { data }]) => [name, [...data]]);
    expect(Object.fromEntries(values)).toEqual({
      "query.weight": [0, 1, 2, 3, 4, 5],
      "query.bias": [7, 8],
      "key.weight": [6, 7, 8, 9, 10, 11],
      table: [1, 5],
    });
  }
});

const changed = (change: (tensors: Map<string, TensorToStore>) => void) => {
  const tensors = stored();
  change(tensors);
  return tensors;
};

describe("refuses before anything is allocated", () => {
  test.each([
    [
      "a missing tensor",
      changed((t) => t.delete("qk.weight")),
      "model.safetensors lacks qk.weight: the model's",
    ],
    [
      "all of another architecture",
      new Map([["conv1.weight", count([2])]]),
      "lacks qk.weight, q.bias, pe: the model's configuration asks for more than the files hold",
    ],
    [
      "surplus tensors",
      changed((t) => ["a", "b", "c", "d", "e", "f"].forEach((name) => t.set(name, count([1])))),
      "holds a, b, c, d and 2 more, which the model does not have",
    ],
    [
      "a wrong shape",
      changed((t) => t.set("q.bias", count([3]))),
      "model.safetensors: q.bias must be [2], got [3]",
    ],
    [
      "as many values in another shape",
      changed((t) => t.set("qk.weight", count([3, 4]))),
      "model.safetensors: qk.weight must be [4, 3], got [3, 4]",
    ],
    [
      "whole numbers",
      changed((t) => t.set("q.bias", { shape: [2], data: Int32Array.of(1, 2) })),
      "model.safetensors: q.bias is I32; F32, F16 and BF16 can be loaded",
    ],
  ])("%s", async (_, tensors, message) => {
    const device = await testDevice();
    using _scope = device.scope();
    const before = device.stats;
    const model = withoutMemory(() => new Pair(device));
    await expect(loadWeights(model, layout, await open(tensors))).rejects.toThrow(`[weights] `);
    await expect(loadWeights(model, layout, await open(tensors))).rejects.toThrow(message);
    expect(device.stats).toEqual(before);
  });

  test("more bytes than the budget", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const before = device.stats;
    const model = withoutMemory(() => new Pair(device));
    const weights = await open(stored());
    await expect(loadWeights(model, layout, weights, { budgetBytes: 63 })).rejects.toThrow(
      "[weights] the parameters take 64 bytes, the budget leaves 63: load them as f16",
    );
    expect(device.stats).toEqual(before);
    await loadWeights(model, layout, weights, { budgetBytes: 64 });
  });
});

test("a file that is cut off leaves the model as it was, and no memory behind", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const model = new Pair(device);
  const before = await model.stateDict();
  const { size } = scope;
  const weights = await open(stored());
  const entry = weights.entries.get("qk.weight");
  if (!entry) throw new Error("the fixture has qk.weight");
  const cut = { ...entry.source, read: async () => new Uint8Array(1) };
  const entries = new Map(weights.entries).set("qk.weight", { ...entry, source: cut });
  await expect(loadWeights(model, layout, { ...weights, entries })).rejects.toThrow("is cut off");
  expect(scope.size).toBe(size);
  expect(await model.stateDict()).toEqual(before);
});

test("the first renaming that matches is applied, and others stay", () => {
  const renamings = [
    [/^blocks\.(\d+)\.attention\.query\b/, "encoder.$1.q"],
    [/^blocks\.(\d+)/, "layer.$1"],
  ] as const;
  expect(renamed("blocks.3.attention.query.weight", renamings)).toBe("encoder.3.q.weight");
  expect(renamed("blocks.3.mlp.weight", renamings)).toBe("layer.3.mlp.weight");
  expect(renamedLayout(renamings).source("head.bias", [2])).toEqual({ published: "head.bias" });
});
