/** @file Blocks that are computed twice: the same bits, in less memory. */

import { type Device, Random, tensor, trainableParameters, valueAndGrad } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { Ifas } from "../antispoof/ifas.ts";
import { Clip } from "../clip/clip.ts";
import { answerLoss } from "../losses/lopsidedLm.ts";
import { tinyBatch, tinyIfas } from "../testing/tinyIfas.ts";
import { estimateMemory } from "./estimateMemory.ts";
import { applyLora } from "./lora.ts";
import { recomputeBlocks } from "./recomputeBlocks.ts";

function lossOf(device: Device, model: Ifas) {
  const { images, promptIds, answerInputs, targets, weights } = tinyBatch(device, 4, new Random(2));
  return answerLoss(model.answerLogits(images, promptIds, answerInputs), targets, weights);
}

const low = { rank: 2, alpha: 4, dropout: 0.5, targets: ["lm.layers.*.attention.query"] };

test.each([
  ["all that is trained", false],
  ["LoRA with dropout over frozen blocks", true],
])("%s gets the same loss and gradients, bit for bit", async (_, adapted) => {
  const device = await testDevice();
  const run = async (recomputes: boolean) => {
    using _scope = device.scope();
    const model = new Ifas(device, tinyIfas, new Random(1));
    if (adapted) applyLora(model, { ...low, random: new Random(3) });
    expect(recomputeBlocks(model, recomputes)).toBe(tinyIfas.vit.layers + tinyIfas.lm.layers);
    const { value, grads } = valueAndGrad(() => lossOf(device, model), trainableParameters(model));
    const read = [...grads].map(async ([name, gradient]) => [name, await gradient.read()] as const);
    return { loss: await value.item(), grads: new Map(await Promise.all(read)) };
  };
  const [kept, again] = [await run(false), await run(true)];
  expect(kept.grads.size).toBeGreaterThan(3);
  expect(again).toEqual(kept);
});

test("CLIP's text encoder has blocks too, and inference does not mind", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const { vit } = tinyIfas;
  const text = { vocabularySize: 9, maxTokens: 5, width: 16, layers: 3, heads: 2, mlpRatio: 2 };
  const clip = new Clip(device, { vit, text, embeddingWidth: 8 }, new Random(1));
  const ids = tensor(device, [1, 2, 8, 0, 0], [1, 5], "i32");
  const plain = await clip.embedTexts(ids).read();
  expect(recomputeBlocks(clip)).toBe(2 + 3);
  expect(await clip.embedTexts(ids).read()).toEqual(plain);
});

test("activations of deep models shrink to the blocks' inputs", async () => {
  const device = await testDevice();
  const activations = (recomputes: boolean) =>
    estimateMemory({
      trains: true,
      build: () => {
        const { vit, lm } = tinyIfas;
        const config = { ...tinyIfas, vit: { ...vit, layers: 12 }, lm: { ...lm, layers: 12 } };
        const model = new Ifas(device, config, new Random(1));
        recomputeBlocks(model, recomputes);
        return model;
      },
      step: (model) => lossOf(device, model),
    }).activationBytes;
  expect(activations(true)).toBeLessThan(activations(false) / 2.5);
});
