/** @file Hugging Face's ViTModel against PyTorch, under both of its prefixes, and which encoder a folder is taken for. */

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, type TensorToStore, writeSafetensors, zeros } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { tinyClip, tinyDeit, tinyVit, vitWitnessRows } from "../testing/visionWitness.ts";
import { openVision, visionConfigFromPublished } from "./openVision.ts";
import { openVitModel } from "./openVit.ts";
import { vitModelConfigFromPublished } from "./publishedVitModel.ts";
import { vitParameterCount } from "./vitConfig.ts";

test("hidden states, tokens, gradients and a step of AdamW are those of PyTorch", async () => {
  const rows = await vitWitnessRows(await testDevice());
  expect(rows).toHaveLength(5);
  for (const row of rows) expect(row.error, `${row.quantity} of ${row.model}`).toBeLessThan(row.tolerance);
});

test("a ViTModel without prefix and with a pooler is the same encoder, and opens for other images", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const folder = await mkdtemp(join(tmpdir(), "vit-model-"));
  try {
    await cp(tinyVit, folder, { recursive: true });
    const { tensors } = await readSafetensors(join(tinyVit, "model.safetensors"));
    const plain = new Map<string, TensorToStore>(
      [...tensors].flatMap(([name, { shape, data }]) =>
        name.startsWith("vit.") ? [[name.slice(4), { shape, data }] as const] : [],
      ),
    );
    plain.set("pooler.dense.bias", { shape: [12], data: new Float32Array(12) });
    await writeSafetensors(join(folder, "model.safetensors"), plain);
    const vit = await openVision(device, folder);
    expect(await vit.stateDict()).toEqual(await (await openVitModel(device, tinyVit)).stateDict());
    const larger = await openVision(device, folder, { imageSize: 20 });
    expect(larger.forward(zeros(device, [1, 3, 20, 20])).patchTokens.shape).toEqual([1, 25, 12]);
    plain.set("embeddings.mask_token", { shape: [1, 1, 12], data: new Float32Array(12) });
    await writeSafetensors(join(folder, "model.safetensors"), plain);
    await expect(openVision(device, folder)).rejects.toThrow(
      "holds embeddings.mask_token, which the model does not have",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the sizes of google/vit-base-patch16-224 are those of a config.json that names nothing but its kind", () => {
  const base = vitModelConfigFromPublished({ model_type: "vit" });
  expect(base).toMatchObject({
    imageSize: 224,
    patchSize: 16,
    width: 768,
    layers: 12,
    heads: 12,
    mlpRatio: 4,
  });
  // transformers prints 86,389,248 for ViTModel; 590,592 of them are the pooler.
  expect(vitParameterCount(base)).toBe(86_389_248 - 590_592);
});

test("an encoder's folder is read by what its config.json says, and others are refused", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  for (const folder of [tinyClip, tinyDeit, tinyVit]) {
    const json: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    expect((await openVision(device, folder)).config).toEqual(visionConfigFromPublished(json));
  }
  expect(() => visionConfigFromPublished({ model_type: "llama" }, "a.json")).toThrow(
    "[vit] a.json: model_type must be clip, clip_vision_model, vit, or architecture a ViT of timm, got " +
      '"llama": the weights are of another architecture',
  );
  expect(() => visionConfigFromPublished(null, "a.json")).toThrow("got neither");
  expect(() => vitModelConfigFromPublished({ model_type: "vit", qkv_bias: false }, "a.json")).toThrow(
    "[vit] a.json: qkv_bias: must be true",
  );
  expect(() => vitModelConfigFromPublished({ model_type: "vit", hidden_act: "swish" }, "a.json")).toThrow(
    '[vit] a.json: hidden_act must be one of quick_gelu, gelu, gelu_new, gelu_pytorch_tanh, relu, got "swish"',
  );
  const folder = await mkdtemp(join(tmpdir(), "vit-model-"));
  try {
    await writeFile(join(folder, "config.json"), '{"model_type":"vit"}');
    await expect(openVision(device, folder)).rejects.toThrow("model.safetensors");
  } finally {
    await rm(folder, { recursive: true });
  }
});
