/** @file CLIP against PyTorch, its sizes, its files there and back, and what is refused. */

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Device,
  Random,
  readSafetensors,
  tensor,
  withoutMemory,
  writeSafetensors,
} from "@candor/tensor-core";
import { assertClose, largest, testDevice } from "@candor/tensor-core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clipWitnessRows, tinyClip } from "../testing/visionWitness.ts";
import { readWitness } from "../testing/witnessFile.ts";
import { Clip } from "./clip.ts";
import { clipConfigs, clipParameterCount } from "./clipConfig.ts";
import { openClip, openClipVision, saveClip, saveClipVision } from "./openClip.ts";
import { clipConfigFromPublished, publishedFromClipConfig } from "./publishedClip.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clip-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("hidden states, embeddings, logits, gradients and a step of AdamW are those of PyTorch", async () => {
  const rows = await clipWitnessRows(await testDevice());
  expect(rows).toHaveLength(8);
  for (const row of rows) expect(row.error, `${row.quantity} of ${row.model}`).toBeLessThan(row.tolerance);
});

// Published counts, of all parameters and of the vision encoder with its projection.
test.each([
  ["clip-vit-b32", 151_277_313],
  ["clip-vit-b16", 149_620_737],
  ["clip-vit-l14", 427_616_513],
  ["clip-vit-l14-336", 427_944_193],
] as const)("%s has %i parameters, by formula and by name", async (name, count) => {
  const device = await testDevice();
  const before = device.stats;
  const config = clipConfigs[name];
  expect(clipParameterCount(config)).toBe(count);
  const clip = withoutMemory(() => new Clip(device, config, new Random(1)));
  expect(clip.parameterCount()).toBe(count);
  expect(device.stats).toEqual(before);
  expect(clipConfigFromPublished(publishedFromClipConfig(config))).toEqual({
    ...config,
    vit: { ...config.vit, normEps: 1e-5 },
    text: { ...config.text, normEps: 1e-5 },
  });
});

test("OpenAI's config.json, which leaves out what is the default, gives its sizes", () => {
  const { vit, text, embeddingWidth } = clipConfigFromPublished({ model_type: "clip" });
  expect({ vit, text, embeddingWidth }).toEqual({
    embeddingWidth: 512,
    vit: { ...clipConfigs["clip-vit-b32"].vit, normEps: 1e-5 },
    text: { ...clipConfigs["clip-vit-b32"].text, normEps: 1e-5, endId: 49_407 },
  });
  const legacy = { model_type: "clip", text_config: { eos_token_id: 2 } };
  expect(clipConfigFromPublished(legacy).text.endId).toBeUndefined();
});

test("the vision encoder alone loads from the whole model's files, and from its own", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const witness = await readWitness(join(tinyClip, "witness.safetensors"));
  const images = tensor(device, witness.get("images").data, [2, 3, 12, 12]);
  const [clip, vit] = [await openClip(device, tinyClip), await openClipVision(device, tinyClip)];
  const want = await clip.vit.forward(images).pooled.read();
  expect(await vit.forward(images).pooled.read()).toEqual(want);
  await saveClipVision(join(folder, "vision"), vit);
  const again = await openClipVision(device, join(folder, "vision"));
  expect(again.config).toEqual(vit.config);
  expect(await again.forward(images).pooled.read()).toEqual(want);
});

test("what is saved loads with the same bits, in one file or in shards, whichever was there before", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const clip = await openClip(device, tinyClip);
  const [state, original] = [
    await clip.stateDict(),
    await readSafetensors(join(tinyClip, "model.safetensors")),
  ];
  const saved = join(folder, "saved");
  for (const maxShardBytes of [2 ** 20, 8000, 2 ** 20]) {
    await saveClip(saved, clip, { maxShardBytes });
    const again = await openClip(device, saved);
    expect(again.config).toEqual(clip.config);
    expect(await again.stateDict()).toEqual(state);
  }
  const { tensors, metadata } = await readSafetensors(join(saved, "model.safetensors"));
  expect(new Map([...tensors].toSorted())).toEqual(new Map([...original.tensors].toSorted()));
  expect(metadata).toEqual({ format: "pt" });
});

test("with matrices as f16 the logits stay near, and the tables are f32", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const witness = await readWitness(join(tinyClip, "witness.safetensors"));
  const clip = await openClip(device, tinyClip, { dtype: "f16" });
  const halves = [...clip.namedParameters()].filter(([, { dtype }]) => dtype === "f16").map(([name]) => name);
  expect(halves).toHaveLength(4 * 6 + 3);
  expect(
    halves.every((name) => /(attention|mlp)\.\w+\.weight$|Projection\.weight$|patchEmbedding/.test(name)),
  ).toBe(true);
  const images = tensor(device, witness.get("images").data, [2, 3, 12, 12]);
  const ids = tensor(device, witness.get("ids").data, [3, 7], "i32");
  const want = witness.get("logits").data;
  assertClose("logits", await clip.forward(images, ids).read(), want, 2e-3 * largest(want));
});

test("the text is read at its first end token, or at its largest id where none is named", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const clip = await openClip(device, tinyClip);
  const pooled = async (model: Clip, ids: number[]) =>
    model.text.forward(tensor(device, ids, [1, ids.length], "i32")).pooled.read();
  const short = await pooled(clip, [16, 3, 17]);
  expect(await pooled(clip, [16, 3, 17, 17, 18])).toEqual(short);
  expect(await pooled(clip, [16, 4, 17])).not.toEqual(short);
  const { endId: _, ...text } = clip.config.text;
  const other = new Clip(device, { ...clip.config, text }, new Random(1));
  other.loadStateDict(await clip.stateDict());
  expect(await pooled(other, [16, 3, 17, 0, 0])).toEqual(short);
  expect(await pooled(other, [16, 3, 17, 18, 0])).not.toEqual(short);
});

/** A copy of the fixture with another config.json. */
const changed = async (name: string, change: (config: Record<string, unknown>) => void) => {
  const copy = join(folder, name);
  await cp(tinyClip, copy, { recursive: true });
  const file = join(copy, "config.json");
  const config = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  change(config);
  await writeFile(file, JSON.stringify(config));
  return copy;
};

/** The folder is refused, and nothing is allocated. */
const refused = async (device: Device, path: string, message: string | RegExp) => {
  const before = device.stats;
  await expect(openClip(device, path)).rejects.toThrow(message);
  expect(device.stats).toEqual(before);
};

const vision = (config: Record<string, unknown>) => config["vision_config"] as object;
const layers = (n: number) => (config: Record<string, unknown>) =>
  Object.assign(config["text_config"] as object, { num_hidden_layers: n });

describe("refuses by one message, before anything is allocated", () => {
  test("a config.json of another architecture, of another size, or none", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const llama = await changed("llama", (config) => Object.assign(config, { model_type: "llama" }));
    await refused(device, llama, `${llama}/config.json: model_type must be clip, got "llama"`);
    const wide = await changed("wide", (config) => Object.assign(vision(config), { hidden_size: 24 }));
    await refused(device, wide, /vision_model\.\S+ must be \[.*24.*\], got \[.*12.*\]/);
    const odd = await changed("odd", (config) => Object.assign(vision(config), { num_attention_heads: 5 }));
    await refused(device, odd, "vit.heads: must split width into heads");
    const swish = await changed("swish", (config) => Object.assign(vision(config), { hidden_act: "swish" }));
    await refused(
      device,
      swish,
      'hidden_act must be one of quick_gelu, gelu, gelu_new, gelu_pytorch_tanh, relu, got "swish"',
    );
    const grey = await changed("grey", (config) => Object.assign(vision(config), { num_channels: 1 }));
    await refused(device, grey, "vision_config.num_channels: must be 3");
    await refused(device, join(folder, "none"), /config\.json: ENOENT.*huggingface\.co\/openai\/clip/);
    const cut = await changed("cut", () => {});
    await writeFile(join(cut, "config.json"), '{"model_type": "cl');
    await refused(device, cut, "config.json is no JSON or is cut off");
  });

  test("more layers than the files hold, fewer, a missing file, and too small a budget", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    await refused(
      device,
      await changed("deep", layers(3)),
      /lacks text_model\.encoder\.layers\.2\.\S+, .* more: /,
    );
    await refused(
      device,
      await changed("shallow", layers(1)),
      /holds text_model\.encoder\.layers\.1\.\S+, .* more, /,
    );
    const empty = await changed("empty", () => {});
    await rm(join(empty, "model.safetensors"));
    await refused(device, empty, "has neither model.safetensors nor model.safetensors.index.json");
    const before = device.stats;
    await expect(openClip(device, tinyClip, { budgetBytes: 1000 })).rejects.toThrow("the budget leaves 1000");
    await expect(openClip(device, tinyClip, { imageSize: 10 })).rejects.toThrow("imageSize");
    expect(device.stats).toEqual(before);
  });

  test("an encoder without CLIP's structure cannot be saved as one", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const { embeddingNorm: _, ...vit } = (await openClipVision(device, tinyClip)).config;
    const plain = withoutMemory(
      () => new Clip(device, { ...clipConfigs["clip-vit-b32"], vit }, new Random(1)),
    );
    await expect(saveClip(join(folder, "plain"), plain)).rejects.toThrow(
      "[clip] CLIP's encoder has embeddingNorm",
    );
  });
});

test("buffers that older files hold are left aside", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const copy = join(folder, "old");
  await cp(tinyClip, copy, { recursive: true });
  const { tensors } = await readSafetensors(join(tinyClip, "model.safetensors"));
  const all = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }] as const));
  const positions = { shape: [1, 10], data: Int32Array.from({ length: 10 }, (_, i) => i) };
  await writeSafetensors(
    join(copy, "model.safetensors"),
    new Map([...all, ["vision_model.embeddings.position_ids", positions]]),
  );
  await openClip(device, copy);
});
