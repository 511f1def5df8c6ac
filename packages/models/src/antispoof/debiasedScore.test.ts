/** @file Training-free decoding against its equations in f64, and on an I-FAS with and without an image. */

import { concat, Random, slice, tensor } from "@candor/tensor-core";
import { assertClose, testDevice } from "@candor/tensor-core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createModel } from "../createModel.ts";
import { tinyBatch, tinyIfas } from "../testing/tinyIfas.ts";
import { debiasedLiveProbability, debiasedScore } from "./debiasedScore.ts";
import { liveProbability } from "./judge.ts";
import { postHocCalibration } from "./postHocCalibration.ts";
import { vdd } from "./vdd.ts";

const real = fc.double({ min: -8, max: 8, noNaN: true });
const pair = fc.tuple(real, real);
const kept = (l: number, blind: number) => 1.5 * l - 0.5 * blind;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test("VDD takes away what the text suggests, and drops implausible tokens", () => {
  const got = vdd([2, 1, -1, 2 + Math.log(0.1) + 1e-9], [4, 0, 0, 1]);
  expect([...got]).toEqual([kept(2, 4), kept(1, 0), -Infinity, kept(2 + Math.log(0.1) + 1e-9, 1)]);
  expect([...vdd([2, -9], [0, 0], { strength: 1, plausibility: 0 })]).toEqual([4, -18]);
  fc.assert(
    fc.property(pair, pair, fc.double({ min: 0, max: 3, noNaN: true }), (l, blind, strength) => {
      // On a pair all of it is one difference of logits.
      const options = { kind: "vdd", view: "none", strength, plausibility: 0 } as const;
      const want = sigmoid((1 + strength) * (l[0] - l[1]) - strength * (blind[0] - blind[1]));
      expect(debiasedLiveProbability(l, blind, options)).toBeCloseTo(want, 10);
    }),
  );
  // A sure judgment is left alone by the published share of 0.1.
  expect(debiasedLiveProbability([5, 0], [9, 0], { kind: "vdd", view: "none" })).toBe(1);
});

test("post-hoc calibration divides by, or takes away, the answer without an image", () => {
  fc.assert(
    fc.property(pair, pair, (l, blind) => {
      const [p, c] = [sigmoid(l[0] - l[1]), sigmoid(blind[0] - blind[1])];
      const [a, b] = [p / (c + 1e-4), (1 - p) / (1 - c + 1e-4)];
      const score = (form: "scale" | "shift") =>
        debiasedLiveProbability(l, blind, { kind: "postHoc", view: "none", form });
      expect(score("scale")).toBeCloseTo(a / (a + b), 10);
      expect(score("shift")).toBeCloseTo((1 + p - c) / 2, 10);
      if (Math.abs(p - c) > 1e-9) expect(score("shift") > 0.5).toBe(p > c);
    }),
  );
  expect(postHocCalibration([0.9, 0.1], [0.5, 0.5])[0]).toBeCloseTo(0.9, 12);
});

test("what cannot be decoded is named", () => {
  expect(() => vdd([1, 2], [1])).toThrow("[vdd] 2 logits with the image, 1 without");
  expect(() => vdd([1], [1], { strength: -1 })).toThrow("strength must be at least 0, got -1");
  expect(() => vdd([1], [1], { plausibility: 2 })).toThrow("plausibility must be 0 to 1, got 2");
  expect(() => postHocCalibration([0.5, 0.6], [0.5, 0.5])).toThrow(
    "probabilities must be two probabilities that sum to 1, got [0.5, 0.6]",
  );
  expect(() => postHocCalibration([0.5, 0.5], [1])).toThrow("blind must be two probabilities");
});

test("an I-FAS is scored without what it says blind, which no image changes", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const { images } = tinyBatch(device, 3, new Random(2));
  const logits = await model.judgmentLogits(images).read();
  const { question, yesId, noId } = tinyIfas.prompt;
  const blindOf = async (filler: number[]) => {
    // The whole sequence by hand: fillers and prompt see each other, the question's last token follows.
    const ids = tensor(device, [...filler, ...question], [1, filler.length + question.length], "i32");
    const states = model.lm.forwardEmbeddings(model.lm.embed(ids), ids.size - 1);
    const all = await model.lm.logits(slice(states, 1, ids.size - 1, ids.size)).read();
    return [all[yesId] as number, all[noId] as number] as const;
  };
  const none = await blindOf([]);
  const filled = await blindOf(Array<number>(model.connector.tokenCount).fill(9));
  assertClose("none", await model.blindJudgmentLogits().read(), none, 1e-5);
  assertClose("filler", await model.blindJudgmentLogits(9).read(), filled, 1e-5);
  expect(none[0] - none[1]).not.toBeCloseTo(filled[0] - filled[1], 3);
  const mean = [(none[0] + filled[0]) / 2, (none[1] + filled[1]) / 2];
  const rows = [0, 1, 2].map((b) => [...logits.subarray(2 * b, 2 * b + 2)]);
  for (const kind of ["vdd", "postHoc"] as const) {
    for (const [view, blind] of [
      ["none", none],
      ["filler", filled],
      ["mean", mean],
    ] as const) {
      const debiasing = { kind, view, fillerId: 9 } as const;
      const score = await debiasedScore(device, model, debiasing);
      const want = rows.map((row) => debiasedLiveProbability(row, blind, debiasing));
      assertClose(`${kind} ${view}`, await score(images), want, 1e-5);
    }
  }
  const plain = await debiasedScore(device, model, {
    kind: "vdd",
    view: "none",
    strength: 0,
    plausibility: 0,
  });
  assertClose(
    "strength 0",
    await plain(images),
    await liveProbability(model.judgmentLogits(images)).read(),
    1e-6,
  );
  await expect(debiasedScore(device, model, { kind: "vdd", view: "none", strength: NaN })).rejects.toThrow(
    "strength",
  );
  const twice = concat([images, images], 0);
  const before = scope.size;
  await plain(twice);
  expect(scope.size).toBe(before);
});
