/** @file CLIP, DeiT and ViT beside PyTorch: rows of the witness table. */

import { join } from "node:path";
import {
  add,
  AdamW,
  concat,
  crossEntropy,
  type Device,
  type Module,
  reshape,
  scale,
  type StoredTensor,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@candor/tensor-core";
import { openClip } from "../clip/openClip.ts";
import { clipLayout } from "../clip/publishedClip.ts";
import type { TransformerBlock } from "../layers/transformerBlock.ts";
import { openTimmClassifier, openVitModel } from "../vit/openVit.ts";
import { timmLayout } from "../vit/publishedVit.ts";
import { vitModelLayout } from "../vit/publishedVitModel.ts";
import type { WeightLayout } from "../weights/weightLayout.ts";
import { parameterRow, readWitness, type WitnessFile } from "./witnessFile.ts";
import { type WitnessRow, witnessRow, worstRow } from "./witnessRow.ts";

const folderOf = (name: string) => join(import.meta.dirname, "..", name);

/** The folder of the small CLIP that `tools/witness/visionModels.py` made. */
export const tinyClip = folderOf("clip/fixtures/tinyClip");
/** The folder of its small distilled DeiT. */
export const tinyDeit = folderOf("vit/fixtures/tinyDeit");

/** The folder of its small ViT, in the files of a classifier. */
export const tinyVit = folderOf("vit/fixtures/tinyVit");

// About fifty and two hundred roundings of f32; ten times what lavapipe shows.
const forwardTolerance = 6e-6;
const gradientTolerance = 2e-5;

/** Each quantity of a small CLIP with random weights. */
export async function clipWitnessRows(device: Device): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const model = "CLIP (HF layout)";
  const witness = await readWitness(join(tinyClip, "witness.safetensors"));
  const clip = await openClip(device, tinyClip);
  const [images, ids] = [onDevice(device, witness.get("images")), onDevice(device, witness.get("ids"))];
  const vision = await statesOf(clip.vit.blocks, () => clip.vit.forward(images));
  const text = await statesOf(clip.text.blocks, () => clip.text.forward(ids));
  const row = async (name: string, got: Tensor, stored: string) =>
    witnessRow(model, name, await got.read(), witness.get(stored).data, forwardTolerance);
  const rows = [
    await stateRow(model, "hidden states of the images", vision, witness, "vision."),
    await stateRow(model, "hidden states of the texts", text, witness, "textual."),
    await row("embeddings of the images", clip.embedImages(images), "image"),
    await row("embeddings of the texts", clip.embedTexts(ids), "text"),
    await row("logits", clip.forward(images, ids), "logits"),
  ];
  const [targets, even] = [tensor(device, [1, 0], [2], "i32"), tensor(device, [0.5, 0.5])];
  const layout = clipLayout(clip.config);
  rows.push(
    ...(await stepRows(model, clip, layout, witness, () =>
      crossEntropy(clip.forward(images, ids), targets, even),
    )),
  );
  return rows;
}

/** Each quantity of a small distilled DeiT with random weights. */
export async function deitWitnessRows(device: Device): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const model = "DeiT, distilled (timm layout)";
  const witness = await readWitness(join(tinyDeit, "witness.safetensors"));
  const deit = await openTimmClassifier(device, tinyDeit);
  const images = onDevice(device, witness.get("images"));
  const states = await statesOf(deit.vit.blocks, () => deit.forward(images));
  const { logits, distilled } = deit.forward(images);
  const { patchTokens } = deit.vit.forward(images);
  const { shape, data } = witness.get("normed");
  const [batch = 0, length = 0, width = 0] = shape;
  const patches = Array.from({ length: batch }, (_, b) => [
    ...data.subarray((b * length + 2) * width, (b + 1) * length * width),
  ]).flat();
  const rows = [
    await stateRow(model, "hidden states", states, witness, "hidden."),
    witnessRow(model, "patch tokens after the norm", await patchTokens.read(), patches, forwardTolerance),
    witnessRow(model, "logits", await logits.read(), witness.get("logits").data, forwardTolerance),
    witnessRow(
      model,
      "logits of the distillation token",
      await (distilled as Tensor).read(),
      witness.get("distilled").data,
      forwardTolerance,
    ),
  ];
  const labels = [tensor(device, [1, 3], [2], "i32"), tensor(device, [1, 4], [2], "i32")] as const;
  const even = tensor(device, [0.5, 0.5]);
  const loss = () => {
    const both = deit.forward(images);
    const own = crossEntropy(both.logits, labels[0], even);
    return scale(add(own, crossEntropy(both.distilled as Tensor, labels[1], even)), 0.5);
  };
  rows.push(...(await stepRows(model, deit, timmLayout(deit.vit.config), witness, loss)));
  return rows;
}

/** Each quantity of a small `ViTModel` with random weights. */
export async function vitWitnessRows(device: Device): Promise<WitnessRow[]> {
  using _scope = device.scope();
  const model = "ViT (HF layout)";
  const witness = await readWitness(join(tinyVit, "witness.safetensors"));
  const vit = await openVitModel(device, tinyVit);
  const images = onDevice(device, witness.get("images"));
  const states = await statesOf(vit.blocks, () => vit.forward(images));
  const { pooled, patchTokens } = vit.forward(images);
  const normed = concat([reshape(pooled, [2, 1, -1]), patchTokens], 1); // [B, 1 + N, D]
  const even = tensor(device, [0.5, 0.5]);
  const targets = tensor(device, [1, 3], [2], "i32");
  const loss = () => crossEntropy(vit.forward(images).pooled, targets, even);
  const layout = vitModelLayout(vit.config, vit.config.imageSize, "vit.");
  return [
    await stateRow(model, "hidden states", states, witness, "hidden."),
    witnessRow(
      model,
      "tokens after the norm",
      await normed.read(),
      witness.get("normed").data,
      forwardTolerance,
    ),
    ...(await stepRows(model, vit, layout, witness, loss)),
  ];
}

const onDevice = (device: Device, { data, shape, dtype }: StoredTensor): Tensor =>
  tensor(device, data, shape, dtype === "I32" ? "i32" : "f32");

/** What goes into the first block, and what comes out of each. */
async function statesOf(
  blocks: readonly TransformerBlock[],
  forward: () => unknown,
): Promise<ArrayLike<number>[]> {
  const seen: Tensor[] = [];
  const own = blocks.map((block) => block.forward);
  for (const [i, block] of blocks.entries()) {
    block.forward = (x) => {
      if (i === 0) seen.push(x);
      const y = (own[i] as TransformerBlock["forward"]).call(block, x);
      seen.push(y);
      return y;
    };
  }
  forward();
  for (const [i, block] of blocks.entries()) block.forward = own[i] as TransformerBlock["forward"];
  return Promise.all(seen.map((state) => state.read()));
}

async function stateRow(
  model: string,
  quantity: string,
  states: readonly ArrayLike<number>[],
  witness: WitnessFile,
  prefix: string,
): Promise<WitnessRow> {
  const rows = states.map((state, i) =>
    witnessRow(model, `${quantity} ${i}`, state, witness.get(`${prefix}${i}`).data, forwardTolerance),
  );
  return worstRow(quantity, rows);
}

/** The loss, every gradient, and every parameter after a step of AdamW. */
async function stepRows(
  model: string,
  module: Module,
  layout: WeightLayout,
  witness: WitnessFile,
  loss: () => Tensor,
): Promise<WitnessRow[]> {
  const parameters = module.namedParameters();
  const { value, grads } = valueAndGrad(loss, parameters);
  if (grads.size !== parameters.size)
    throw new Error(`${model}: ${grads.size} of ${parameters.size} gradients`);
  const rows = [
    witnessRow(model, "loss", await value.read(), witness.get("loss").data, forwardTolerance),
    await parameterRow(model, "gradients", grads, layout, witness, "grad.", gradientTolerance),
  ];
  const optimizer = new AdamW(parameters, {
    learningRate: 1e-2,
    betas: [0.9, 0.95],
    eps: 1e-3,
    weightDecay: 0.1,
  });
  optimizer.step(grads);
  rows.push(
    await parameterRow(
      model,
      "parameters after AdamW",
      parameters,
      layout,
      witness,
      "adamw.",
      gradientTolerance,
    ),
  );
  optimizer.dispose();
  return rows;
}
