/** @file FLIP-MCL: FLIP-IT that also learns from two views of each image and two readings of its class. */

import {
  add,
  BatchNorm2d,
  type Device,
  Linear,
  matmul,
  Module,
  type Random,
  relu,
  reshape,
  type Tensor,
} from "@candor/tensor-core";
import type { PretrainedParts } from "../antispoof/ifas.ts";
import { flipConsistencyLoss } from "../losses/flipConsistency.ts";
import { judgmentCrossEntropy } from "../losses/judgmentCrossEntropy.ts";
import { simclrLoss } from "../losses/contrastive.ts";
import type { FlipMclConfig } from "./flipConfig.ts";
import { FlipIt } from "./flipIt.ts";

// B batch, S image side, P prompts of a class, E width of the shared space, M hidden units, O outputs

/** Linear, batch norm, ReLU, twice, and a last linear map. SLIP, Mu et al. 2021, arXiv:2112.12750. */
class ProjectionHead extends Module {
  readonly first: Linear;
  readonly firstNorm: BatchNorm2d;
  readonly second: Linear;
  readonly secondNorm: BatchNorm2d;
  readonly last: Linear;

  constructor(
    device: Device,
    width: number,
    { hidden, outputs }: FlipMclConfig["projection"],
    random: Random,
  ) {
    super();
    this.first = new Linear(device, width, hidden, random.fork("first"));
    this.firstNorm = new BatchNorm2d(device, hidden);
    this.second = new Linear(device, hidden, hidden, random.fork("second"));
    this.secondNorm = new BatchNorm2d(device, hidden);
    this.last = new Linear(device, hidden, outputs, random.fork("last"));
  }

  /** [B, E] -> [B, O] */
  forward(x: Tensor): Tensor {
    const once = normed(this.firstNorm, this.first.forward(x)); // [B, E] -> [B, M]
    return this.last.forward(normed(this.secondNorm, this.second.forward(once))); // [B, M] -> [B, O]
  }
}

/** [B, M] as [B, M, 1, 1] -> [B, M] */
function normed(norm: BatchNorm2d, y: Tensor): Tensor {
  return relu(reshape(norm.forward(reshape(y, [...y.shape, 1, 1])), y.shape));
}

/** What a training step of {@link FlipMcl} sees beside the images. */
export interface FlipMclTargets {
  /** [B] i32, 0 for live and 1 for spoof. */
  readonly labels: Tensor;
  /** [B] f32, 1 / B each. */
  readonly weights: Tensor;
  /** Two views of the images, [B, 3, S, S] f32 each. */
  readonly views: readonly [Tensor, Tensor];
  /** Shares of the prompts in each reading of an image's class, [B, 2 P] f32 each; see `splitPrompts`. */
  readonly readings: readonly [Tensor, Tensor];
}

/** FLIP, arXiv:2309.16649, section 3.3: L = L_CE + L_simCLR + L_MSE. */
export class FlipMcl extends FlipIt<FlipMclConfig> {
  readonly projection: ProjectionHead;

  constructor(device: Device, config: FlipMclConfig, random: Random, parts: PretrainedParts = {}) {
    super(device, config, random, parts);
    const { clip, projection } = config;
    this.projection = new ProjectionHead(device, clip.embeddingWidth, projection, random.fork("projection"));
  }

  /**
   * The three parts of the loss; their weights are 1, 1, 1 as published.
   *
   * @param images [B, 3, S, S] f32
   * @returns [] f32 each; `loss` is their sum
   */
  losses(images: Tensor, { labels, weights, views, readings }: FlipMclTargets) {
    const { clip } = this;
    const prompts = this.embedPrompts(); // [2 P, E]
    const logits = clip.logits(clip.embedImages(images), this.classTexts(prompts)); // [B, 2]
    const [first, second] = views.map((view) =>
      clip.visualProjection.forward(clip.vit.forward(view).pooled),
    ) as [Tensor, Tensor]; // [B, E]
    const [firstTexts, secondTexts] = readings.map((shares) => matmul(shares, prompts)) as [Tensor, Tensor]; // [B, E]
    const judgmentLoss = judgmentCrossEntropy(logits, labels, weights);
    const simclr = simclrLoss(this.projection.forward(first), this.projection.forward(second));
    const consistency = flipConsistencyLoss(first, firstTexts, second, secondTexts);
    return { loss: add(add(judgmentLoss, simclr), consistency), judgmentLoss, simclr, consistency };
  }
}
