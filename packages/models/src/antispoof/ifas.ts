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
import { generateTokens } from "../generation/generateTokens.ts";
import type { SamplingOptions } from "../generation/sampling.ts";
import type { Clip } from "../clip/clip.ts";
import { Lm } from "../lm/lm.ts";
import { Vit } from "../vit/vit.ts";
import { patchCount } from "../vit/vitConfig.ts";
import type { Judge } from "./judge.ts";

// B batch, S image side, M image tokens, P prompt tokens, T answer inputs, W width of the language model, V vocabulary

/** Parts of a model that were opened from published weights. */
export interface PretrainedParts {
  readonly vit?: Vit;
  readonly lm?: Lm;
  readonly clip?: Clip;
}

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

  /** @param parts pretrained parts, which the configuration must describe; the others get initial values */
  constructor(device: Device, config: IfasConfig, random: Random, parts: PretrainedParts = {}) {
    super();
    this.#device = device;
    this.config = config;
    this.vit = parts.vit ?? new Vit(device, config.vit, random.fork("vit"));
    const sides = connectorSides(config);
    this.connector = createConnector(device, config.connector, sides, random.fork("connector"));
    this.lm = parts.lm ?? new Lm(device, config.lm, random.fork("lm"));
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
   * Where the connector looks: see {@link Connector.patchAttention}; undefined for the projector, which passes on every
   * patch.
   *
   * @param images [B, 3, S, S] f32
   * @returns [B, N] f32, rows that sum to 1
   */
  patchAttention(images: Tensor): Tensor | undefined {
    return this.connector.patchAttention?.(this.vit.forward(images));
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
    const { promptIds, answerStart } = this.#question(images.shape[0] ?? 0);
    return this.#judgment(this.#prefix(images, promptIds), answerStart);
  }

  /**
   * The judgment that the question alone suggests, which training-free decoding takes away from that of an image.
   *
   * @param fillerId a token that stands where the image's would, all M of them; by default nothing stands there
   * @returns [1, 2] f32, the logits of "Yes" (live) and "No" (spoof) at the first answer position
   */
  blindJudgmentLogits(fillerId?: number): Tensor {
    const { promptIds, answerStart } = this.#question(1);
    const prompt = this.lm.embed(promptIds); // [1, P, W]
    if (fillerId === undefined) return this.#judgment(prompt, answerStart);
    const count = this.connector.tokenCount;
    const ids = tensor(this.#device, Array<number>(count).fill(fillerId), [1, count], "i32");
    return this.#judgment(concat([this.lm.embed(ids), prompt], 1), answerStart); // [1, M + P, W]
  }

  /**
   * Answers to the configured question, the most probable token at each step unless `sampling` says otherwise; the images
   * are encoded once.
   *
   * @param images    [B, 3, S, S] f32
   * @param maxTokens most tokens of an answer
   * @param judgmentIds the first token of each answer, where the verdict is reached already, as by a threshold
   * @returns a list of token ids per image, without the end token
   */
  async generate(
    images: Tensor,
    maxTokens: number,
    judgmentIds?: readonly number[] | undefined,
    sampling: SamplingOptions = {},
  ): Promise<number[][]> {
    const { question, eosId } = this.config.prompt;
    const batch = images.shape[0] ?? 0;
    const given = Array.from({ length: batch }, (_, b) => judgmentIds?.slice(b, b + 1) ?? []);
    const rows = given.map((ids) => [...question.slice(-1), ...ids]);
    const left = Math.max(0, maxTokens - Math.max(0, ...given.map((ids) => ids.length)));
    const prefix = this.#alone(() => this.#prefix(images, this.#question(batch).promptIds));
    try {
      const options = { ...sampling, maxTokens: left, stopIds: [eosId] };
      const answers = await generateTokens(this.lm, { rows, prefix }, options);
      return answers.map(({ ids }, b) => [...(given[b] as readonly number[]), ...ids]);
    } finally {
      prefix.dispose();
    }
  }

  /** Frees all but the result at once: no scope may stay open while a value is awaited. */
  #alone(compute: () => Tensor): Tensor {
    using scope = this.#device.scope();
    return scope.keep(compute());
  }

  #question(batch: number): { promptIds: Tensor; answerStart: Tensor } {
    const { question } = this.config.prompt;
    const rows = (ids: readonly number[]) => {
      const values = Array.from({ length: batch }, () => ids).flat();
      return tensor(this.#device, values, [batch, ids.length], "i32");
    };
    return { promptIds: rows(question.slice(0, -1)), answerStart: rows(question.slice(-1)) };
  }

  #judgment(prefix: Tensor, answerStart: Tensor): Tensor {
    const { yesId, noId } = this.config.prompt;
    const judgmentIds = tensor(this.#device, [yesId, noId], [2], "i32");
    const states = this.#answerStates(prefix, answerStart); // [B, 1, W]
    return reshape(this.lm.logitsOf(states, judgmentIds), [-1, 2]); // [B, 1, 2] -> [B, 2]
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
