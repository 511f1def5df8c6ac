/** @file timm's vision transformers against PyTorch, their sizes, their files there and back, and positions of other sizes. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random, readSafetensors, withoutMemory, zeros } from "@candor/tensor-core";
import { assertClose, largest, testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { openClipVision } from "../clip/openClip.ts";
import { deitWitnessRows, tinyClip, tinyDeit } from "../testing/visionWitness.ts";
import { readWitness } from "../testing/witnessFile.ts";
import { openTimmClassifier, openTimmVit, saveTimmClassifier } from "./openVit.ts";
import { timmConfigFromPublished, timmVitConfig } from "./publishedVit.ts";
import { resizedPositions } from "./resizePositions.ts";
import { vitClassifierParameterCount, VitClassifier } from "./vitClassifier.ts";

test("hidden states, both heads, gradients and a step of AdamW are those of PyTorch", async () => {
  const rows = await deitWitnessRows(await testDevice());
  expect(rows).toHaveLength(7);
  for (const row of rows) expect(row.error, `${row.quantity} of ${row.model}`).toBeLessThan(row.tolerance);
});

// The counts that timm prints, with the head of ImageNet's 1,000 classes.
test.each([
  ["vit_tiny_patch16_224", 5_717_416],
  ["vit_small_patch16_224", 22_050_664],
  ["vit_base_patch16_224", 86_567_656],
  ["vit_base_patch32_224", 88_224_232],
  ["vit_base_patch16_384", 86_859_496],
  ["vit_large_patch16_224", 304_326_632],
  ["vit_huge_patch14_224", 632_045_800],
  ["deit_tiny_distilled_patch16_224", 5_910_800],
  ["deit_small_distilled_patch16_224", 22_436_432],
  ["deit_base_distilled_patch16_224", 87_338_192],
])("%s has %i parameters, by formula and by name", async (name, count) => {
  const device = await testDevice();
  const before = device.stats;
  const config = timmVitConfig(name);
  expect(vitClassifierParameterCount(config, 1000)).toBe(count);
  const model = withoutMemory(() => new VitClassifier(device, config, 1000, new Random(1)));
  expect(model.parameterCount()).toBe(count);
  expect(device.stats).toEqual(before);
});

test("what is saved loads with the same bits and has timm's names, with and without heads", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const folder = await mkdtemp(join(tmpdir(), "timm-"));
  try {
    const model = await openTimmClassifier(device, tinyDeit);
    await saveTimmClassifier(folder, model);
    const again = await openTimmClassifier(device, folder);
    expect(again.vit.config).toEqual(model.vit.config);
    expect(await again.stateDict()).toEqual(await model.stateDict());
    expect(await (await openTimmVit(device, folder)).stateDict()).toEqual(await model.vit.stateDict());
    const [saved, original] = [folder, tinyDeit].map((path) =>
      readSafetensors(join(path, "model.safetensors")),
    );
    expect(new Map([...(await saved)!.tensors].toSorted())).toEqual(
      new Map([...(await original)!.tensors].toSorted()),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("positions of other grids are those of PyTorch's bicubic map", async () => {
  const witness = await readWitness(join(import.meta.dirname, "fixtures/positions.safetensors"));
  const from = witness.get("from5").data as Float32Array;
  const published = { ...timmVitConfig("vit_tiny_patch16_224"), imageSize: 80, width: 4 };
  for (const side of [3, 5, 7, 12]) {
    const want = witness.get(`to${side}`).data;
    const got = resizedPositions(published, 16 * side)(from);
    assertClose(`5 to ${side}`, got, want, 4 * 2 ** -23 * largest(want));
  }
  expect(() => resizedPositions(published, 100)).toThrow(
    "[vit] imageSize must be a multiple of patchSize 16, got 100",
  );
});

test("encoders open for another image size, and give as many tokens as it has patches", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const images = zeros(device, [1, 3, 20, 20]);
  const [own, clip, deit] = [
    await openClipVision(device, tinyClip),
    await openClipVision(device, tinyClip, { imageSize: 20 }),
    await openTimmVit(device, tinyDeit, { imageSize: 20 }),
  ];
  expect(clip.config).toEqual({ ...own.config, imageSize: 20 });
  expect(clip.forward(images).patchTokens.shape).toEqual([1, 25, 12]);
  expect(deit.forward(images).patchTokens.shape).toEqual([1, 25, 12]);
  expect(deit.positions.shape).toEqual([27, 12]);
  const stored = (await own.positions.read()) as Float32Array;
  expect(await clip.positions.read()).toEqual(resizedPositions(own.config, 20)(stored));
});

test("names and files of another architecture are refused", () => {
  for (const architecture of ["resnet50", "vit_base_patch14_dinov2", "vit_base_patch16_clip_224"]) {
    expect(() => timmConfigFromPublished({ architecture }, "a.json")).toThrow(
      `[vit] a.json: architecture must be a plain ViT or DeiT such as vit_base_patch16_224 or ` +
        `deit_small_distilled_patch16_224, got ${architecture}: the weights are of another architecture`,
    );
  }
  expect(() => timmConfigFromPublished({ model_type: "clip" }, "a.json")).toThrow(
    "[vit] a.json: architecture:",
  );
  const odd = { architecture: "vit_tiny_patch16_224", model_args: { num_heads: 5 } };
  expect(() => timmConfigFromPublished(odd)).toThrow("[vit] config.json: heads: must split width into heads");
});
