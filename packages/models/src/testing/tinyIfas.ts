/** @file A few random images with answers of different lengths, and an I-FAS small enough to learn them by heart in a test. */

import { type Device, Random, type Tensor, tensor } from "@candor/tensor-core";
import { random64 } from "@candor/tensor-core/testing";
import type { IfasConfig } from "../config.ts";
import { lopsidedWeights } from "../losses/lopsidedLm.ts";

const [eosId, yesId, noId] = [2, 3, 4];
const question = [5, 6, 7, 8];

export const tinyIfas: IfasConfig = {
  method: "ifas",
  vit: { imageSize: 16, patchSize: 8, width: 16, layers: 2, heads: 2, mlpRatio: 2 },
  connector: { kind: "gac", width: 16, queries: 3, depth: 1, heads: 2, mlpRatio: 2 },
  lm: {
    vocabularySize: 24,
    width: 24,
    layers: 2,
    heads: 2,
    kvHeads: 1,
    hidden: 32,
    ropeBase: 10_000,
    tiedHead: true,
  },
  prompt: { question, yesId, noId, eosId },
};

/** A batch as a training step sees it. */
export interface TinyBatch {
  readonly images: Tensor;
  readonly promptIds: Tensor;
  readonly answerInputs: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
  /** Judgment and words of each answer, without the end. */
  readonly answers: readonly (readonly number[])[];
}

/** `count` random images, half of them live, each with an answer of its own. */
export function tinyBatch(device: Device, count: number, random: Random): TinyBatch {
  const answers = Array.from({ length: count }, (_, b) => {
    const words = Array.from({ length: 2 + (b % 3) }, () => Math.floor(random.uniform(9, 24)));
    return [b % 2 === 0 ? yesId : noId, ...words];
  });
  const length = Math.max(...answers.map((answer) => answer.length)) + 1;
  const padded = (ids: readonly number[]) => [...ids, ...Array<number>(length - ids.length).fill(0)];
  const ids = (rows: readonly (readonly number[])[]) =>
    tensor(device, rows.flat(), [count, rows[0]?.length ?? 0], "i32");
  const judgment = answers.flatMap(() => padded([1]));
  const interpretation = answers.flatMap((answer) =>
    padded(answer.map((_, t) => (t === 0 ? 0 : 1)).concat(1)),
  );
  const weights = lopsidedWeights(0.7, Float32Array.from(judgment), Float32Array.from(interpretation));
  const size = tinyIfas.vit.imageSize;
  return {
    images: tensor(device, random64([count, 3, size, size], random).data, [count, 3, size, size]),
    promptIds: ids(answers.map(() => question.slice(0, -1))),
    answerInputs: ids(answers.map((answer) => padded([question.at(-1) ?? 0, ...answer]))),
    targets: ids(answers.map((answer) => padded([...answer, eosId]))),
    weights: tensor(device, weights, [count, length]),
    answers,
  };
}
