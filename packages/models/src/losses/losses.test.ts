/** @file L-LM and the plain loss against their definitions. */

import { cast, Random, tensor } from "@candor/tensor-core";
import { random64, testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { judgmentCrossEntropy } from "./judgmentCrossEntropy.ts";
import { answerLoss, lopsidedWeights, plainWeights } from "./lopsidedLm.ts";

const [batch, length, vocabulary] = [2, 4, 9];
const targets = [3, 1, 8, 0, 5, 2, 0, 0];
const judgment = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0);
const interpretation = Float32Array.of(0, 1, 1, 0, 0, 1, 0, 0);
const logits = random64([batch, length, vocabulary], new Random(1), -3, 3);

/** -log softmax(logits)[target] of one position. */
function nll(position: number): number {
  const row = Array.from(logits.data.subarray(position * vocabulary, (position + 1) * vocabulary));
  const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
  return Math.log(total) - (row[targets[position] as number] as number);
}

const meanOver = (positions: number[]) => positions.reduce((sum, i) => sum + nll(i), 0) / positions.length;

async function loss(weights: Float32Array): Promise<number> {
  const device = await testDevice();
  using scope = device.scope();
  const shape = [batch, length];
  const y = scope.keep(
    answerLoss(
      tensor(device, logits.data, logits.shape),
      tensor(device, targets, shape, "i32"),
      tensor(device, weights, shape),
    ),
  );
  const value = await y.item();
  y.dispose();
  return value;
}

test.each([0, 0.3, 0.7, 1])("L-LM at alpha %f is alpha L_J + (1 - alpha) L_I, each a mean", async (alpha) => {
  const want = alpha * meanOver([0, 4]) + (1 - alpha) * meanOver([1, 2, 5]);
  expect(await loss(lopsidedWeights(alpha, judgment, interpretation))).toBeCloseTo(want, 5);
});

test("the plain loss is the mean over all answer tokens", async () => {
  expect(await loss(plainWeights(judgment, interpretation))).toBeCloseTo(meanOver([0, 1, 2, 4, 5]), 5);
});

test.each([9, 12])("logits of f16, %i words, have the loss of their values", async (words) => {
  const device = await testDevice();
  using _scope = device.scope();
  const shape = [batch, length];
  const half = cast(
    tensor(device, random64([...shape, words], new Random(2), -3, 3).data, [...shape, words]),
    "f16",
  );
  const weights = tensor(device, lopsidedWeights(0.7, judgment, interpretation), shape);
  const ids = tensor(device, targets, shape, "i32");
  const want = await answerLoss(cast(half, "f32"), ids, weights).item();
  expect(await answerLoss(half, ids, weights).item()).toBeCloseTo(want, 5);
});

test("without interpretations only the judgment counts", async () => {
  const none = new Float32Array(8);
  expect(await loss(lopsidedWeights(0.7, judgment, none))).toBeCloseTo(0.7 * meanOver([0, 4]), 5);
});

test("the judgment's cross-entropy is -log P of the label", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const y = judgmentCrossEntropy(
    tensor(device, [2, -1, 0.5, 1], [2, 2]),
    tensor(device, [0, 1], [2], "i32"),
    tensor(device, [0.5, 0.5]),
  );
  const want = (Math.log(1 + Math.exp(-3)) + Math.log(1 + Math.exp(-0.5))) / 2;
  expect(await y.item()).toBeCloseTo(want, 6);
});

test("a wrong alpha, mask or shape is named", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  expect(() => lopsidedWeights(1.2, judgment, interpretation)).toThrow("alpha must be in [0, 1], got 1.2");
  expect(() => plainWeights(judgment, new Float32Array(3))).toThrow("B * T numbers, got 8 and 3");
  const y = tensor(device, logits.data, logits.shape);
  const ids = tensor(device, targets, [8], "i32");
  expect(() => answerLoss(y, ids, tensor(device, judgment))).toThrow(
    "[answerLoss] targets must be [B, T] beside logits [B, T, V], got [8] beside [2, 4, 9]",
  );
});
