/** @file I-FAS as a method: answers as token sequences, L-LM as the loss, P(live) from the judgment. */

import {
  answerFor,
  buildTokenBatch,
  judgments,
  type Label,
  type ManifestRow,
  type TextTokenizer,
} from "@candor/data";
import { answerLoss, type Ifas, liveProbability, lopsidedWeights, plainWeights } from "@candor/models";
import type { Tensor } from "@candor/tensor-core";
import type { RunConfig } from "../recipes/runConfig.ts";
import type { Method } from "./method.ts";

// B batch, P prompt tokens, T answer inputs

/** The longest answer is cut to `answerLength` tokens. */
export function ifasMethod(
  model: Ifas,
  tokenizer: TextTokenizer,
  config: RunConfig,
  answerLength: number,
): Method {
  const { question } = model.config.prompt;
  const promptLength = question.length - 1;
  const textOf = (row: ManifestRow) =>
    config.caption === "none" ? judgments[row.label] : answerFor(row, config.caption);

  return {
    name: "ifas",
    model,
    imageSize: config.imageSize,

    targets(rows) {
      const size = rows.length;
      const batch = buildTokenBatch(tokenizer, rows.map(textOf), promptLength + answerLength);
      // The question but its last token is the prompt; what follows is predicted.
      const answerPart = <A extends Int32Array | Float32Array>(all: A): A =>
        dropColumns(all, batch.length, promptLength);
      const judgment = answerPart(batch.judgmentMask);
      const interpretation = answerPart(batch.interpretationMask);
      const ofAnswer = <A extends Int32Array | Float32Array>(data: A) => ({
        shape: [size, answerLength],
        data,
      }); // [B, T]
      return {
        prompt: {
          shape: [size, promptLength],
          data: Int32Array.from(rows.flatMap(() => question.slice(0, -1))),
        }, // [B, P]
        inputs: ofAnswer(answerPart(batch.inputs)),
        targets: ofAnswer(answerPart(batch.targets)),
        weights: ofAnswer(
          config.loss === "lopsided"
            ? lopsidedWeights(config.alpha, judgment, interpretation)
            : plainWeights(judgment, interpretation),
        ),
        judgmentWeights: ofAnswer(lopsidedWeights(1, judgment, interpretation)),
        interpretationWeights: ofAnswer(lopsidedWeights(0, judgment, interpretation)),
      };
    },

    losses(images, { prompt, inputs, targets, weights, judgmentWeights, interpretationWeights }) {
      const logits = model.answerLogits(images, prompt!, inputs!); // [B, T, V]
      return {
        loss: answerLoss(logits, targets!, weights!),
        judgmentLoss: answerLoss(logits, targets!, judgmentWeights!),
        interpretationLoss: answerLoss(logits, targets!, interpretationWeights!),
      };
    },

    async score(images: Tensor) {
      return (await liveProbability(model.judgmentLogits(images)).read()) as Float32Array;
    },

    async explain(images: Tensor, verdicts?: readonly Label[]) {
      const { yesId, noId } = model.config.prompt;
      const judgmentIds = verdicts?.map((verdict) => (verdict === "live" ? yesId : noId));
      const answers = await model.generate(images, config.maxAnswerTokens, judgmentIds);
      return answers.map((ids) => tokenizer.decode(ids));
    },

    ...(model.connector.patchAttention
      ? {
          patchAttention: async (images: Tensor) =>
            (await model.patchAttention(images)!.read()) as Float32Array,
        }
      : {}),
  };
}

/** Rows of `length` without their first `dropped` elements. */
function dropColumns<A extends Int32Array | Float32Array>(all: A, length: number, dropped: number): A {
  const kept = length - dropped;
  const rows = all.length / length;
  const result = new (all.constructor as new (n: number) => A)(rows * kept);
  for (let row = 0; row < rows; row++) {
    result.set(all.subarray(row * length + dropped, (row + 1) * length), row * kept);
  }
  return result;
}
