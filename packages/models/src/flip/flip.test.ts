/** @file FLIP's variants against their equations in f64, from the features of their encoders. */

import { capture, type HostTensor, Random, tensor, type Tensor, valueAndGrad } from "@candor/tensor-core";
import { assertClose, largest, random64, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { createModel, modelParameterCount } from "../createModel.ts";
import { tinyIfas } from "../testing/tinyIfas.ts";
import type { FlipItConfig, FlipMclConfig, FlipVConfig } from "./flipConfig.ts";
import { livePrompts, spoofPrompts } from "./flipPrompts.ts";

const batch = 4;
const flipV: FlipVConfig = { method: "flipV", vit: tinyIfas.vit, hidden: 12 };
const flipIt: FlipItConfig = {
  method: "flipIt",
  clip: {
    vit: tinyIfas.vit,
    text: { vocabularySize: 20, maxTokens: 6, width: 16, layers: 1, heads: 2, mlpRatio: 2, endId: 1 },
    embeddingWidth: 8,
  },
  prompts: {
    live: [
      [3, 4, 5, 1],
      [3, 6, 1],
    ],
    spoof: [
      [3, 7, 8, 9, 1],
      [10, 1],
    ],
  },
};
const flipMcl: FlipMclConfig = { ...flipIt, method: "flipMcl", projection: { hidden: 16, outputs: 8 } };

const size = tinyIfas.vit.imageSize;
const pixels = random64([batch, 3, size, size], new Random(2), -1.5, 1.5);
const cut = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (__, j) => values[i * width + j] as number),
  );
const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.hypot(...row));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, i) => total + value * (b[i] as number), 0);

const meanOf = (rows: number[][]): number[] =>
  unit(rows[0]!.map((_, i) => rows.reduce((total, row) => total + row[i]!, 0) / rows.length));

test("each class has the six prompts of the published repository", () => {
  expect(livePrompts).toEqual([
    "This is an example of a real face",
    "This is a bonafide face",
    "This is a real face",
    "This is how a real face looks like",
    "a photo of a real face",
    "This is not a spoof face",
  ]);
  expect(spoofPrompts).toEqual([
    "This is an example of a spoof face",
    "This is an example of an attack face",
    "This is not a real face",
    "This is how a spoof face looks like",
    "a photo of a spoof face",
    "a printout shown to be a spoof face",
  ]);
});

test.each([undefined, 0.5])("FLIP-V's head is that of its equations, dropout %s", async (rate) => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, flipV, new Random(3));
  const images = tensor(device, pixels.data, pixels.shape);
  const state = await model.stateDict();
  const of = (name: string) => state.get(name)?.data as Float32Array;
  expect(Array.from(of("bottleneck.bias"))).toEqual(Array.from({ length: 12 }, () => Math.fround(0.1)));
  const kept = Array.from({ length: batch * 12 }, (_, i) => (rate === undefined ? 1 : i % 3 === 0 ? 0 : 2));
  const weights = cut(of("bottleneck.weight"), tinyIfas.vit.width);
  const classes = cut(of("classes"), 12);
  const features = cut(await model.vit.forward(images).pooled.read(), tinyIfas.vit.width);
  const want = features.flatMap((x, b) => {
    const f = weights.map((w, i) => Math.max(0, dot(w, x) + 0.1) * (kept[b * 12 + i] as number));
    const norm = Math.sqrt(Math.hypot(...f)) * Math.SQRT2;
    const normed = [0, 1].map((c) =>
      f.map(
        (_, i) =>
          (classes[c]?.[i] as number) / Math.hypot(classes[0]?.[i] as number, classes[1]?.[i] as number),
      ),
    );
    return normed.map((w) => dot(w, f) / norm);
  });
  const logits = model.judgmentLogits(
    images,
    rate === undefined ? undefined : tensor(device, kept, [batch, 12]),
  );
  assertClose("logits", await logits.read(), want, tolerance("composite", 16, largest(want)));
});

test("FLIP-IT's logits are scaled cosines with the mean prompt of each class, live first", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, flipIt, new Random(4));
  const images = tensor(device, pixels.data, pixels.shape);
  const prompts = cut(await model.embedPrompts().read(), 8);
  const texts = [meanOf(prompts.slice(0, 2)), meanOf(prompts.slice(2))];
  const faces = cut(await model.clip.embedImages(images).read(), 8);
  const want = faces.flatMap((face) => texts.map((text) => dot(face, text) / 0.07));
  assertClose(
    "logits",
    await model.judgmentLogits(images).read(),
    want,
    tolerance("composite", 16, largest(want)),
  );
  // A prompt reads the same alone as beside longer ones.
  const alone = createModel(
    device,
    {
      ...flipIt,
      prompts: {
        live: [
          [3, 6, 1],
          [3, 6, 1],
        ],
        spoof: [
          [10, 1],
          [10, 1],
        ],
      },
    },
    new Random(4),
  );
  const row = cut(await alone.embedPrompts().read(), 8);
  assertClose("prompt", row[0] as number[], prompts[1] as number[], 1e-6);
});

test("FLIP-MCL's loss is the sum of its parts, reaches every parameter and repeats in a captured step", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, flipMcl, new Random(5));
  const views = [6, 7].map((seed) => {
    const view = random64([batch, 3, size, size], new Random(seed), -1.5, 1.5);
    return tensor(device, view.data, view.shape);
  }) as [Tensor, Tensor];
  const readings = [
    [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0],
  ].map((shares) => tensor(device, shares, [batch, 4])) as [Tensor, Tensor];
  const targets = {
    labels: tensor(device, [0, 1, 0, 1], [batch], "i32"),
    weights: tensor(device, [0.25, 0.25, 0.25, 0.25]),
    views,
    readings,
  };
  const images = tensor(device, pixels.data, pixels.shape);
  const parameters = model.namedParameters();
  const parts = model.losses(images, targets);
  const [loss, judgment, simclr, consistency] = await Promise.all(
    [parts.loss, parts.judgmentLoss, parts.simclr, parts.consistency].map((part) => part.item()),
  );
  expect(loss).toBeCloseTo((judgment ?? 0) + (simclr ?? 0) + (consistency ?? 0), 5);
  const rows = cut(await model.judgmentLogits(images).read(), 2);
  const surprise = rows.map((row, b) =>
    Math.log(1 + Math.exp((row[1 - (b % 2)] as number) - (row[b % 2] as number))),
  );
  expect(judgment).toBeCloseTo(surprise.reduce((a, b) => a + b) / batch, 4);
  const { grads } = valueAndGrad(() => model.losses(images, targets).loss, parameters);
  for (const [name, gradient] of grads) {
    // What an attention's keys add to all scores alike, and what a batch norm takes out, has no effect.
    if (/key\.bias$|projection\.(first|second)\.bias$/.test(name)) continue;
    expect(largest(await gradient.read()), name).toBeGreaterThan(1e-7);
  }
  expect([...grads.keys()].toSorted()).toEqual([...parameters.keys()].toSorted());
  using step = capture(device, () => ({ loss: model.losses(images, targets).loss }));
  const values = [];
  for (let i = 0; i < 3; i++) values.push(await step.run({}).loss.item());
  expect(values).toEqual([loss, loss, loss]);
});

/** One linear map of a state dict in f64: [N, I] -> [N, O]. */
const mapped = (
  state: ReadonlyMap<string, HostTensor>,
  name: string,
  rows: readonly number[][],
): number[][] => {
  const bias = state.get(`${name}.bias`)!.data;
  const weights = cut(state.get(`${name}.weight`)!.data, rows[0]!.length);
  return rows.map((row) => weights.map((w, i) => dot(w, row) + bias[i]!));
};

/** Batch norm by the batch's own mean and biased variance, then ReLU. */
const normedRelu = (
  state: ReadonlyMap<string, HostTensor>,
  name: string,
  rows: readonly number[][],
): number[][] => {
  const [weight, bias] = [state.get(`${name}.weight`)!.data, state.get(`${name}.bias`)!.data];
  const columns = rows[0]!.map((_, i) => {
    const column = rows.map((row) => row[i]!);
    const mean = column.reduce((a, b) => a + b) / column.length;
    const variance = column.reduce((total, value) => total + (value - mean) ** 2, 0) / column.length;
    return column.map((value) =>
      Math.max(0, (weight[i]! * (value - mean)) / Math.sqrt(variance + 1e-5) + bias[i]!),
    );
  });
  return rows.map((_, b) => columns.map((column) => column[b]!));
};

test("FLIP-MCL's parts are those of their formulas: InfoNCE at 0.1 behind the perceptron, and squared gaps of cosines", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, flipMcl, new Random(8));
  const random = new Random(9);
  for (const norm of [model.projection.firstNorm, model.projection.secondNorm]) {
    norm.weight.write(Float32Array.from({ length: 16 }, () => random.uniform(0.5, 1.5)));
    norm.bias.write(Float32Array.from({ length: 16 }, () => random.uniform(-0.5, 0.5)));
  }
  const views = [10, 11].map((seed) => {
    const view = random64([batch, 3, size, size], new Random(seed), -1.5, 1.5);
    return tensor(device, view.data, view.shape);
  }) as [Tensor, Tensor];
  // Prompts of each image's class, as their indices.
  const chosen = [
    [[0], [2, 3], [0, 1], [3]],
    [[1], [2], [0], [2]],
  ];
  const readings = chosen.map((rows) => {
    const shares = rows.flatMap((own) => [0, 1, 2, 3].map((p) => (own.includes(p) ? 1 / own.length : 0)));
    return tensor(device, shares, [batch, 4]);
  }) as [Tensor, Tensor];
  const parts = model.losses(tensor(device, pixels.data, pixels.shape), {
    labels: tensor(device, [0, 1, 0, 1], [batch], "i32"),
    weights: tensor(device, [0.25, 0.25, 0.25, 0.25]),
    views,
    readings,
  });
  const state = await model.stateDict();
  const features = await Promise.all(
    views.map(async (view) =>
      cut(await model.clip.visualProjection.forward(model.clip.vit.forward(view).pooled).read(), 8),
    ),
  );
  const projected = features.map((rows) => {
    const once = normedRelu(state, "projection.firstNorm", mapped(state, "projection.first", rows));
    const twice = normedRelu(state, "projection.secondNorm", mapped(state, "projection.second", once));
    return mapped(state, "projection.last", twice);
  });
  const z = projected.flat().map(unit);
  const surprises = z.map((own, i) => {
    const logits = z.map((other) => dot(own, other) / 0.1);
    const others = logits.filter((_, j) => j !== i).reduce((total, logit) => total + Math.exp(logit), 0);
    return Math.log(others) - logits[(i + batch) % (2 * batch)]!;
  });
  const simclr = surprises.reduce((a, b) => a + b) / (2 * batch);
  assertClose("simclr", [await parts.simclr.item()], [simclr], tolerance("composite", 64, simclr));

  const prompts = cut(await model.embedPrompts().read(), 8);
  const cosines = chosen.map((rows, view) =>
    rows.map((own, b) => dot(unit(features[view]![b]!), meanOf(own.map((p) => prompts[p]!)))),
  );
  const gaps = cosines[0]!.map((cosine, b) => (cosine - cosines[1]![b]!) ** 2);
  const consistency = gaps.reduce((a, b) => a + b) / batch;
  expect(consistency).toBeGreaterThan(1e-3);
  assertClose("consistency", [await parts.consistency.item()], [consistency], tolerance("composite", 64, 1));
});

test.each([flipV, flipIt, flipMcl])("$method has the number of parameters of its formula", async (config) => {
  const device = await testDevice();
  using _scope = device.scope();
  expect(createModel(device, config, new Random(1)).parameterCount()).toBe(modelParameterCount(config));
});
