/** @file Token batches spelled out by hand. */
import { expect, test } from "vitest";
import { question } from "../captions/answerFor.ts";
import { createTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/trainBpe.ts";
import { buildTokenBatch, lengthFor } from "./tokenBatch.ts";

const answers = ["Yes, this is a live face.", "No, this is a printed photo with bent paper.", "No"];
const tokenizer = createTokenizer(trainBpe([question, ...answers, ...answers], 300));
const asked = tokenizer.encode(question);

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

test("bad answers and lengths are named", () => {
  expect(() => buildTokenBatch(tokenizer, ["Maybe."], 40)).toThrow(
    'must begin with "Yes" or "No" as one token, got "Maybe."',
  );
  expect(() => buildTokenBatch(tokenizer, answers, 2)).toThrow(
    `at least ${asked.length} (the question's tokens), got 2`,
  );
});
