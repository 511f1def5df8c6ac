/** @file I-FAS: anti-spoofing as a question about an image, answered with a judgment and its interpretation. */

import {
  concat,
  type Device,
  Module,
  type Random,
  reshape,
  ShapeError,
  showShape,
  slice,
  type Tensor,
  tensor,
} from "@candor/tensor-core";
import type { IfasConfig } from "../config.ts";
import type { Connector } from "../connector/connector.ts";
import { createConnector } from "../connector/createConnector.ts";
import { Lm } from "../lm/lm.ts";
import { Vit } from "../vit/vit.ts";
import { patchCount } from "../vit/vitConfig.ts";
import { greedyTokens } from "./greedyTokens.ts";
import type { Judge } from "./judge.ts";

// B batch, S image side, M image tokens, P prompt tokens, T answer inputs, W width of the language model, V vocabulary

/**
 * Image -> ViT -> connector -> language model. I-FAS, arXiv:2501.01720.
 *
 * The model reads image tokens, prompt tokens and answer inputs. Image and prompt see each other; the answer inputs are
 * causal. The first answer input is the question's last token: its logits predict the judgment.
 */
export class Ifas extends Module implements Judge {
  readonly config: IfasConfig;
  readonly vit: Vit;
  readonly connector: Connector;
  readonly lm: Lm;
  readonly #device: Device;

  constructor(device: Device, config: IfasConfig, random: Random) {
    super();
    this.#device = device;
    this.config = config;
    this.vit = new Vit(device, config.vit, random.fork("vit"));
    const sides = connectorSides(config);
    this.connector = createConnector(device, config.connector, sides, random.fork("connector"));
    this.lm = new Lm(device, config.lm, random.fork("lm"));
  }

  /**
   * The image as tokens of the language model.
   *
   * @param images [B, 3, S, S] f32, normalised as in training
   * @returns [B, M, W] f32
   */
  encodeImages(images: Tensor): Tensor {
    return this.connector.forward(this.vit.forward(images));
  }

  /**
   * Logits of the token after each answer input; those at position 0 predict the judgment.
   *
   * @param images       [B, 3, S, S] f32
   * @param promptIds    [B, P] i32, the question without its last token
   * @param answerInputs [B, T] i32: the question's last token, the judgment, the interpretation
   * @returns [B, T, V] f32
   * @throws ShapeError if the batch sizes differ
   */
  answerLogits(images: Tensor, promptIds: Tensor, answerInputs: Tensor): Tensor {
    checkBatch("answerLogits", images, promptIds, answerInputs);
    return this.lm.logits(this.#answerStates(this.#prefix(images, promptIds), answerInputs));
  }

  /**
   * The judgment in one forward pass, with the configured question.
   *
   * @param images [B, 3, S, S] f32
   * @returns [B, 2] f32, the logits of "Yes" (live) and "No" (spoof) at the first answer position
   */
  judgmentLogits(images: Tensor): Tensor {
    const { yesId, noId } = this.config.prompt;
    const { promptIds, answerStart } = this.#question(images.shape[0] ?? 0);
    const judgmentIds = tensor(this.#device, [yesId, noId], [2], "i32");
    const states = this.#answerStates(this.#prefix(images, promptIds), answerStart); // [B, 1, W]
    return reshape(this.lm.logitsOf(states, judgmentIds), [-1, 2]); // [B, 1, 2] -> [B, 2]
  }

  /**
   * Greedy answers to the configured question; the images are encoded once.
   *
   * @param images    [B, 3, S, S] f32
   * @param maxTokens most tokens of an answer
   * @param judgmentIds the first token of each answer, where the verdict is reached already, as by a threshold
   * @returns a list of token ids per image, without the end token
   */
  generate(
    images: Tensor,
    maxTokens: number,
    judgmentIds?: readonly number[] | undefined,
  ): Promise<number[][]> {
    const { question, eosId } = this.config.prompt;
    const batch = images.shape[0] ?? 0;
    return greedyTokens({
      device: this.#device,
      start: Array.from({ length: batch }, (_, b) => {
        const judgment = judgmentIds?.[b];
        return [question.at(-1) ?? 0, ...(judgment === undefined ? [] : [judgment])];
      }),
      eosId,
      maxTokens,
      prefix: () => this.#prefix(images, this.#question(batch).promptIds),
      nextLogits: (prefix, inputs) => {
        const states = this.#answerStates(prefix, inputs); // [B, T, W]
        const [, length = 0] = states.shape;
        return reshape(this.lm.logits(slice(states, 1, length - 1, length)), [batch, -1]); // [B, 1, W] -> [B, V]
      },
    });
  }

  #question(batch: number): { promptIds: Tensor; answerStart: Tensor } {
    const { question } = this.config.prompt;
    const rows = (ids: readonly number[]) => {
      const values = Array.from({ length: batch }, () => ids).flat();
      return tensor(this.#device, values, [batch, ids.length], "i32");
    };
    return { promptIds: rows(question.slice(0, -1)), answerStart: rows(question.slice(-1)) };
  }

  #prefix(images: Tensor, promptIds: Tensor): Tensor {
    return concat([this.encodeImages(images), this.lm.embed(promptIds)], 1); // [B, M + P, W]
  }

  #answerStates(prefix: Tensor, answerInputs: Tensor): Tensor {
    const [, seenByAll = 0] = prefix.shape; // M + P
    const x = concat([prefix, this.lm.embed(answerInputs)], 1); // [B, M + P + T, W]
    const y = this.lm.forwardEmbeddings(x, seenByAll);
    return slice(y, 1, seenByAll, x.shape[1] ?? 0); // [B, T, W]
  }
}

/** Widths and counts around the connector of an {@link Ifas}. */
export function connectorSides(config: IfasConfig) {
  const { vit, lm } = config;
  return {
    visionWidth: vit.width,
    visionLayers: vit.layers,
    patches: patchCount(vit),
    lmWidth: lm.width,
  };
}

function checkBatch(caller: string, images: Tensor, promptIds: Tensor, answerInputs: Tensor): void {
  const [batch] = images.shape;
  if (promptIds.rank === 2 && answerInputs.rank === 2) {
    if (promptIds.shape[0] === batch && answerInputs.shape[0] === batch) return;
  }
  throw new ShapeError(
    `[${caller}] promptIds and answerInputs must be [${batch}, P] and [${batch}, T] beside ${batch} images, ` +
      `got ${showShape(promptIds.shape)} and ${showShape(answerInputs.shape)}`,
  );
}
