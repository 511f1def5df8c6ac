/** @file What an op made on its way is freed with it: after the result is disposed of, all is as before. */

import { describe, expect, it } from "vitest";
import { full, ones, zeros } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import type { DType } from "../tensor/dtype.ts";
import { Random } from "../tensor/random.ts";
import { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import * as ops from "./index.ts";

type Make = (shape: readonly number[], dtype?: DType) => Tensor;
type Call = (t: Make, device: Device) => Tensor | readonly Tensor[];

const random = new Random(1);
const floats = ["f32", "f16"] as const;
const of = (shape: readonly number[], op: (x: Tensor) => Tensor): Call[] =>
  floats.map((dtype) => (t) => op(t(shape, dtype)));
const ofTwo = (a: readonly number[], b: readonly number[], op: (a: Tensor, b: Tensor) => Tensor): Call[] =>
  floats.map((dtype) => (t) => op(t(a, dtype), t(b, dtype)));
const unary = (op: (x: Tensor) => Tensor) => of([3, 5], op);
const binary = (op: (a: Tensor, b: Tensor) => Tensor) => ofTwo([3, 5], [5], op);
const reduction = (op: (x: Tensor, axis?: number) => Tensor) => [
  ...of([3, 5], (x) => op(x, 0)),
  ...of([3, 5], (x) => op(x)),
];
const image = [2, 4, 5, 5];

/** Calls of every op of the public surface, by its name. */
const calls: Readonly<Record<string, readonly Call[]>> = {
  abs: unary(ops.abs),
  add: binary(ops.add),
  addScalar: unary((x) => ops.addScalar(x, 1)),
  all: reduction(ops.all),
  any: reduction(ops.any),
  argmax: of([3, 5], (x) => ops.argmax(x, 0)),
  argmin: of([3, 5], (x) => ops.argmin(x, 0)),
  attention: [
    ...of([1, 3, 2, 4], (x) => ops.attention(x, x, x)),
    (t) => ops.attention(t([1, 3, 2, 4]), t([1, 3, 2, 4]), t([1, 3, 2, 4]), { lengths: t([1], "i32") }),
  ],
  attentionDecode: of([1, 1, 2, 4], (x) => ops.attentionDecode(x, { keys: x, values: x }, 1)),
  avgPool2d: of(image, (x) => ops.avgPool2d(x, 2)),
  batchNorm: of(image, (x) => {
    const each = [1, 2, 3, 4].map(() => full(x.device, [4], 1)) as [Tensor, Tensor, Tensor, Tensor];
    const y = ops.batchNorm(x, ...each);
    for (const t of each) t.dispose();
    return y;
  }),
  binaryCrossEntropyWithLogits: [
    ...ofTwo([3, 5], [3, 5], (a, b) => ops.binaryCrossEntropyWithLogits(a, b)),
    (t) => ops.binaryCrossEntropyWithLogits(t([3]), t([3]), { weights: t([3]) }),
  ],
  broadcastTo: of([1, 5], (x) => ops.broadcastTo(x, [3, 5])),
  cast: of([3], (x) => ops.cast(x, "i32")),
  ceil: unary(ops.ceil),
  clamp: unary((x) => ops.clamp(x, 0, 1)),
  concat: ofTwo([3, 5], [2, 5], (a, b) => ops.concat([a, b], 0)),
  conv2d: [
    ...ofTwo(image, [2, 4, 3, 3], (x, w) => ops.conv2d(x, w, { padding: 1 })),
    (t) => ops.conv2d(t(image), t([2, 2, 3, 3]), { groups: 2, bias: t([2]) }),
  ],
  cos: unary(ops.cos),
  cosineSimilarity: ofTwo([3, 5], [3, 5], (a, b) => ops.cosineSimilarity(a, b)),
  crossEntropy: floats.map((dtype) => (t) => ops.crossEntropy(t([3, 5], dtype), t([3], "i32"), t([3]))),
  cumsum: of([3, 5], (x) => ops.cumsum(x, 1)),
  div: binary(ops.div),
  dropout: unary((x) => ops.dropout(x, 0.5, random)),
  einsum: [
    ...ofTwo([2, 3, 4], [5, 4], (a, b) => ops.einsum("bij,kj->kib", a, b)),
    (t) => ops.einsum("abi,i->", t([2, 3, 4]), t([4])),
  ],
  embedding: floats.map((dtype) => (t) => ops.embedding(t([3, 5], dtype), t([2], "i32"))),
  equal: binary(ops.equal),
  erf: unary(ops.erf),
  exp: unary(ops.exp),
  expand: of([1, 5], (x) => ops.expand(x, [3, -1])),
  flatten: of([3, 5], (x) => ops.flatten(x)),
  flip: of([3, 5], (x) => ops.flip(x, [0])),
  floor: unary(ops.floor),
  gather: floats.map((dtype) => (t) => ops.gather(t([3, 5], dtype), t([3, 2], "i32"), 1)),
  gelu: unary(ops.gelu),
  geluErf: unary(ops.geluErf),
  greater: binary(ops.greater),
  greaterEqual: binary(ops.greaterEqual),
  huberLoss: ofTwo([3, 5], [3, 5], (a, b) => ops.huberLoss(a, b)),
  imagesFromBytes: [
    (t) =>
      ops.imagesFromBytes(t([3], "u32"), { height: 2, width: 2 }, t([1, 13]), {
        mean: [0, 0, 0],
        deviation: [1, 1, 1],
      }),
  ],
  isNaN: unary(ops.isNaN),
  keyValueCache: [(_, device) => Object.values(ops.keyValueCache(device, 1, 4, 1, 4)) as Tensor[]],
  l1Loss: ofTwo([3, 5], [3, 5], ops.l1Loss),
  layerNorm: [
    ...floats.map(
      (dtype): Call =>
        (t) =>
          ops.layerNorm(t([3, 5], dtype), t([5], dtype), t([5], dtype)),
    ),
    (t) => ops.layerNorm(t([3, 4], "f16"), t([4]), t([4])),
  ],
  leakyRelu: unary((x) => ops.leakyRelu(x, 0.1)),
  less: binary(ops.less),
  lessEqual: binary(ops.lessEqual),
  log: unary(ops.log),
  logSoftmax: of([3, 5], (x) => ops.logSoftmax(x)),
  logSumExp: of([3, 5], (x) => ops.logSumExp(x, 1)),
  logicalAnd: binary(ops.logicalAnd),
  logicalNot: unary(ops.logicalNot),
  logicalOr: binary(ops.logicalOr),
  matmul: [
    ...ofTwo([3, 5], [5, 2], (a, b) => ops.matmul(a, b)),
    ...ofTwo([2, 3, 4], [4, 4], (a, b) => ops.matmul(a, b)),
  ],
  max: reduction(ops.max),
  maxPool2d: of(image, (x) => ops.maxPool2d(x, 2)),
  maximum: binary(ops.maximum),
  mean: reduction(ops.mean),
  min: reduction(ops.min),
  minimum: binary(ops.minimum),
  mseLoss: ofTwo([3, 5], [3, 5], ops.mseLoss),
  mul: binary(ops.mul),
  neg: unary(ops.neg),
  nllLoss: floats.map((dtype) => (t) => ops.nllLoss(t([3, 5], dtype), t([3], "i32"))),
  normalize: of([3, 5], (x) => ops.normalize(x)),
  notEqual: binary(ops.notEqual),
  oneHot: [(t) => ops.oneHot(t([3], "i32"), 4)],
  packBytes: [(_, device) => ops.packBytes(device, new Uint8Array(5))],
  pad: [
    ...of([3, 5], (x) =>
      ops.pad(x, [
        [1, 2],
        [0, 3],
      ]),
    ),
  ],
  patchify: of([2, 3, 4, 4], (x) => ops.patchify(x, 2)),
  pow: [...unary((x) => ops.pow(x, 2)), ...binary(ops.pow)],
  prod: reduction(ops.prod),
  randomBits: [(_, device) => ops.randomBits(device, [5], random)],
  randomNormal: [(_, device) => ops.randomNormal(device, [5], random)],
  randomUniform: [(_, device) => ops.randomUniform(device, [5], random)],
  reciprocal: unary(ops.reciprocal),
  relu: unary(ops.relu),
  reshape: of([3, 5], (x) => ops.reshape(x, [15])),
  rmsNorm: floats.map((dtype) => (t) => ops.rmsNorm(t([3, 5], dtype), t([5], dtype))),
  rotaryEmbedding: of([1, 3, 2, 4], (x) => ops.rotaryEmbedding(x)),
  round: unary(ops.round),
  rsqrt: unary(ops.rsqrt),
  sampleChanges: [(_, device) => ops.sampleChanges(device, [{ flip: true }])],
  scale: unary((x) => ops.scale(x, 2)),
  sigmoid: unary(ops.sigmoid),
  sign: unary(ops.sign),
  silu: unary(ops.silu),
  sin: unary(ops.sin),
  slice: of([3, 5], (x) => ops.slice(x, 1, 1, 3)),
  softmax: of([3, 5], ops.softmax),
  softplus: unary(ops.softplus),
  split: floats.map((dtype) => (t) => ops.split(t([3, 5], dtype), 1, [2, 3])),
  sqrt: unary(ops.sqrt),
  square: unary(ops.square),
  squeeze: of([3, 1], (x) => ops.squeeze(x)),
  stack: ofTwo([3, 5], [3, 5], (a, b) => ops.stack([a, b], 1)),
  standardDeviation: reduction(ops.standardDeviation),
  sub: binary(ops.sub),
  sum: reduction(ops.sum),
  sumTo: of([3, 5], (x) => ops.sumTo(x, [5])),
  take: floats.map((dtype) => (t) => ops.take(t([3, 5, 2], dtype), t([2, 2], "i32"), 1)),
  tanh: unary(ops.tanh),
  transpose: of([3, 5], (x) => ops.transpose(x, [1, 0])),
  unfold: [(t) => ops.unfold(t(image), 2)],
  unsqueeze: of([3, 5], (x) => ops.unsqueeze(x, 1)),
  variance: reduction(ops.variance),
  where: floats.flatMap((dtype) => [
    (t: Make) => ops.where(t([3, 1], dtype), t([5], dtype), t([], dtype)),
    (t: Make) => ops.where(t([3, 1], "i32"), t([5], dtype), t([], dtype)),
  ]),
};

/** Those that give no tensor. */
const others = ["appendKeyValue", "drawChange", "rotaryFrequencies", "tuneAttention", "tuneMatmul"];

/** How many more buffers live after a call and the disposal of its arguments and results. */
function left(device: Device, call: Call): number {
  const run = () => {
    const made: Tensor[] = [];
    const make: Make = (shape, dtype = "f32") => {
      const x = dtype === "i32" || dtype === "u32" ? zeros(device, shape, dtype) : ones(device, shape, dtype);
      made.push(x);
      return x;
    };
    const y = call(make, device);
    for (const t of y instanceof Tensor ? [y, ...made] : [...y, ...made]) t.dispose();
  };
  run(); // what is made once for a device, such as a table of angles
  const { live } = device.stats;
  run();
  return device.stats.live - live;
}

describe("what an op makes on its way", () => {
  it.each(Object.entries(calls))("is freed by %s, without any scope", async (name, each) => {
    const device = await testDevice();
    expect(
      each.map((call) => left(device, call)),
      name,
    ).toEqual(each.map(() => 0));
  });

  it("is looked at for every op", () => {
    const functions = Object.entries(ops).flatMap(([name, value]) =>
      typeof value === "function" ? name : [],
    );
    expect([...Object.keys(calls), ...others].toSorted()).toEqual(functions.toSorted());
  });
});
