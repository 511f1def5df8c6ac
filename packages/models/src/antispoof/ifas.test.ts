/** @file I-FAS as a whole: masks, judgment, decoding, and a few answers learnt by heart. */

import { AdamW, Random, tensor, valueAndGrad } from "@candor/tensor-core";
import { assertClose, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { createModel, modelParameterCount } from "../createModel.ts";
import { answerLoss } from "../losses/lopsidedLm.ts";
import { tinyBatch, tinyIfas } from "../testing/tinyIfas.ts";
import { liveProbability } from "./judge.ts";
import type { Ifas } from "./ifas.ts";

const { vocabularySize } = tinyIfas.lm;
const { question, yesId, noId, eosId } = tinyIfas.prompt;

function argmax(row: ArrayLike<number>): number {
  const values = Array.from(row);
  return values.indexOf(Math.max(...values));
}

/** What the model would say after each input, when the given answers are its inputs. */
async function teacherForced(model: Ifas, images: Parameters<Ifas["generate"]>[0], answers: number[][]) {
  const device = images.device;
  const length = Math.max(...answers.map((answer) => answer.length)) + 1;
  const rows = answers.map((answer) => {
    const inputs = [question.at(-1) as number, ...answer];
    return [...inputs, ...Array<number>(length - inputs.length).fill(0)];
  });
  const prompts = answers.map(() => question.slice(0, -1));
  const logits = model.answerLogits(
    images,
    tensor(device, prompts.flat(), [answers.length, question.length - 1], "i32"),
    tensor(device, rows.flat(), [answers.length, length], "i32"),
  );
  const values = await logits.read();
  return answers.map((answer, b) =>
    Array.from({ length: answer.length + 1 }, (_, t) => {
      const at = (b * length + t) * vocabularySize;
      return argmax(values.subarray(at, at + vocabularySize));
    }),
  );
}

test("the number of parameters is that of the formula, for every connector", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const { connector } = tinyIfas;
  const kinds = [connector, { ...connector, kind: "learnedQuery" }, { kind: "linear", hidden: 9 }] as const;
  for (const kind of kinds) {
    const config = { ...tinyIfas, connector: kind } as typeof tinyIfas;
    expect(createModel(device, config, new Random(1)).parameterCount()).toBe(modelParameterCount(config));
  }
});

test("a later answer token changes no earlier logits, and another image changes all", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const { images, promptIds, answerInputs } = tinyBatch(device, 2, new Random(2));
  const ids = [...(await answerInputs.read())];
  const length = ids.length / 2;
  const at = 2;
  const moved = tensor(device, ids.with(at, (ids[at] as number) + 1), [2, length], "i32");
  const before = await model.answerLogits(images, promptIds, answerInputs).read();
  const after = await model.answerLogits(images, promptIds, moved).read();
  const changed = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from({ length: 2 * length }, (_, i) => {
      const row = (values: ArrayLike<number>) =>
        Array.from(values).slice(i * vocabularySize, (i + 1) * vocabularySize);
      return row(a).some((value, v) => value !== row(b)[v]);
    });
  expect(before).toHaveLength(2 * length * vocabularySize);
  expect(changed(before, after)).toEqual(Array.from({ length: 2 * length }, (_, i) => i >= at && i < length));
  const other = await model
    .answerLogits(tinyBatch(device, 2, new Random(3)).images, promptIds, answerInputs)
    .read();
  expect(changed(before, other)).not.toContain(false);
});

test("the judgment is read from the first answer position", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const { images, promptIds, answerInputs } = tinyBatch(device, 3, new Random(2));
  const all = await model.answerLogits(images, promptIds, answerInputs).read();
  const stride = all.length / 3;
  const want = [0, 1, 2].flatMap((b) => [yesId, noId].map((id) => all[b * stride + id] as number));
  const judged = model.judgmentLogits(images);
  expect(judged.shape).toEqual([3, 2]);
  assertClose("judgment", await judged.read(), want, tolerance("composite", 24, 1));
  const live = await liveProbability(judged).read();
  const share = [0, 2, 4].map((i) => 1 / (1 + Math.exp((want[i + 1] as number) - (want[i] as number))));
  assertClose("P(live)", live, share, 1e-5);
});

test("ids for another batch size are refused by name", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const two = tinyBatch(device, 2, new Random(2));
  const three = tinyBatch(device, 3, new Random(2));
  expect(() => model.answerLogits(two.images, three.promptIds, two.answerInputs)).toThrow(
    "[answerLogits] promptIds and answerInputs must be [2, P] and [2, T] beside 2 images, got [3, 3] and",
  );
});

test("eight answers are learnt by heart: judgment, sentence and its end", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const { images, promptIds, answerInputs, targets, weights, answers } = tinyBatch(device, 8, new Random(2));

  const untrained = await model.generate(images, 5);
  expect(untrained.every((answer) => answer.length <= 5)).toBe(true);
  const forced = await teacherForced(model, images, untrained);
  untrained.forEach((answer, b) => expect(answer).toEqual(forced[b]?.slice(0, answer.length)));

  const optimizer = new AdamW(model.namedParameters(), { learningRate: 5e-3 });
  const losses: number[] = [];
  for (let step = 0; step < 140; step++) {
    using _step = device.scope();
    const { value, grads } = valueAndGrad(
      () => answerLoss(model.answerLogits(images, promptIds, answerInputs), targets, weights),
      model.namedParameters(),
    );
    optimizer.step(grads);
    if (step % 20 === 19 || step === 0) losses.push(await value.item());
  }
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses.at(-1)).toBeLessThan(0.05);
  const live = await liveProbability(model.judgmentLogits(images)).read();
  expect([...live].map((p) => p > 0.5)).toEqual(answers.map(([judgment]) => judgment === yesId));
  const spoken = await model.generate(images, 8);
  expect(spoken).toEqual(answers);
  const again = await teacherForced(model, images, spoken);
  expect(again).toEqual(answers.map((answer) => [...answer, eosId]));
  expect(await model.generate(images, 2)).toEqual(answers.map((answer) => answer.slice(0, 2)));
  const own = answers.map(([judgment]) => judgment as number);
  expect(await model.generate(images, 8, own)).toEqual(answers);
  const other = own.map((id) => (id === yesId ? noId : yesId));
  const contrary = await model.generate(images, 3, other);
  expect(contrary.map(([judgment]) => judgment)).toEqual(other);
  expect(contrary.every((answer) => answer.length <= 3)).toBe(true);
  // Seconds on a quiet machine; a first run compiles every kernel.
}, 180_000);

test("decoding leaves no memory behind", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const { images } = tinyBatch(device, 2, new Random(2));
  const held = scope.size;
  await model.generate(images, 3);
  expect(scope.size).toBe(held);
});
