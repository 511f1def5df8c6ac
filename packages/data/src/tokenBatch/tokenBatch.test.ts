/** @file Token batches spelled out by hand, and L-LM's weights against the loss that they stand for. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { question } from "../captions/answerFor.ts";
import { createTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/trainBpe.ts";
import { lopsidedWeights, plainWeights } from "./lopsidedWeights.ts";
import { buildTokenBatch, lengthFor } from "./tokenBatch.ts";

const answers = ["Yes, this is a live face.", "No, this is a printed photo with bent paper.", "No"];
const tokenizer = createTokenizer(trainBpe([question, ...answers, ...answers], 300));
const asked = tokenizer.encode(question);

function mean(values: number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("inputs, targets and masks are the shifted sequence", () => {
  const length = lengthFor(tokenizer, answers);
  const batch = buildTokenBatch(tokenizer, answers, length);
  expect(batch.truncated).toBe(0);
  for (const [b, answer] of answers.entries()) {
    const ids = tokenizer.encode(answer);
    const sequence = [...asked, ...ids, tokenizer.eosId];
    const padding = Array<number>(length + 1 - sequence.length).fill(tokenizer.padId);
    const row = <A extends Int32Array | Float32Array>(array: A) => [
      ...array.subarray(b * length, (b + 1) * length),
    ];
    expect(row(batch.inputs)).toEqual([...sequence.slice(0, -1), ...padding]);
    expect(row(batch.targets)).toEqual([...sequence.slice(1), ...padding]);
    const judged = row(batch.targets).filter((_, t) => row(batch.judgmentMask)[t] === 1);
    expect(judged).toEqual([answer.startsWith("Yes") ? tokenizer.yesId : tokenizer.noId]);
    expect(row(batch.judgmentMask).indexOf(1)).toBe(batch.judgmentPosition);
    const explained = row(batch.targets).filter((_, t) => row(batch.interpretationMask)[t] === 1);
    expect(explained).toEqual([...ids.slice(1), tokenizer.eosId]);
  }
});

test("an interpretation that does not fit is cut and counted; its judgment stays", () => {
  const batch = buildTokenBatch(tokenizer, answers, asked.length + 2);
  expect(batch.truncated).toBe(2);
  expect([...batch.interpretationMask].filter((value) => value === 1).length).toBe(2 + 2 + 1);
  const shortest = buildTokenBatch(tokenizer, answers, asked.length);
  expect([...shortest.judgmentMask].filter((value) => value === 1).length).toBe(3);
  expect(shortest.interpretationMask.every((value) => value === 0)).toBe(true);
});

test("the weighted sum is alpha times the judgments' mean plus the rest times the interpretations' mean", () => {
  const masks = fc.integer({ min: 1, max: 40 }).chain((count) =>
    fc.record({
      kinds: fc.array(fc.constantFrom("judgment", "interpretation", "other"), {
        minLength: count,
        maxLength: count,
      }),
      losses: fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { minLength: count, maxLength: count }),
      alpha: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(masks, ({ kinds, losses, alpha }) => {
      const judgment = Float32Array.from(kinds, (kind) => Number(kind === "judgment"));
      const interpretation = Float32Array.from(kinds, (kind) => Number(kind === "interpretation"));
      const weights = lopsidedWeights(alpha, judgment, interpretation);
      const weighted = losses.reduce((sum, loss, i) => sum + loss * (weights[i] as number), 0);
      const of = (name: string): number => mean(losses.filter((_, i) => kinds[i] === name));
      expect(weighted).toBeCloseTo(alpha * of("judgment") + (1 - alpha) * of("interpretation"), 4);
      const plain = plainWeights(judgment, interpretation);
      const plainLoss = losses.reduce((sum, loss, i) => sum + loss * (plain[i] as number), 0);
      expect(plainLoss).toBeCloseTo(mean(losses.filter((_, i) => kinds[i] !== "other")), 4);
    }),
  );
});

test("the weights of a batch with both segments sum to 1", () => {
  const batch = buildTokenBatch(tokenizer, answers, 40);
  const sum = lopsidedWeights(0.7, batch.judgmentMask, batch.interpretationMask).reduce((a, b) => a + b, 0);
  expect(sum).toBeCloseTo(1, 5);
});

test("bad answers, lengths, masks and alphas are named", () => {
  expect(() => buildTokenBatch(tokenizer, ["Maybe."], 40)).toThrow(
    'must begin with "Yes" or "No" as one token, got "Maybe."',
  );
  expect(() => buildTokenBatch(tokenizer, answers, 2)).toThrow(
    `at least ${asked.length} (the question's tokens), got 2`,
  );
  const one = Float32Array.of(1);
  expect(() => lopsidedWeights(1.5, one, one)).toThrow("alpha must be in [0, 1], got 1.5");
  expect(() => lopsidedWeights(0.5, one, new Float32Array(2))).toThrow("must be [B, T], got 1 and 2 numbers");
});
