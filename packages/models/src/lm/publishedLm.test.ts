/** @file Published configurations: sizes of released models, the way back, and what is refused before anything is allocated. */

import { mkdtemp, readFile, rm, writeFile, cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors, parseSafetensors, type TensorToStore } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lmParameterCount } from "./lmConfig.ts";
import { lmFixture } from "./lmWitness.ts";
import { openLm } from "./openLm.ts";
import { lmConfigFromPublished, publishedFromLmConfig } from "./publishedLm.ts";

const llama = (sizes: object) => ({ architectures: ["LlamaForCausalLM"], hidden_act: "silu", ...sizes });
const qwen = (sizes: object) => ({
  ...llama(sizes),
  architectures: ["Qwen2ForCausalLM"],
  tie_word_embeddings: true,
});
const sizes = (
  vocabulary: number,
  width: number,
  layers: number,
  heads: number,
  groups: number,
  hidden: number,
) => ({
  vocab_size: vocabulary,
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: groups,
  intermediate_size: hidden,
});
const small = llama(sizes(32, 16, 1, 2, 1, 24));

const unchanged = async () => {};

test.each([
  ["SmolLM-135M", llama({ ...sizes(49_152, 576, 30, 9, 3, 1536), tie_word_embeddings: true }), 134_515_008],
  ["SmolLM2-360M", llama({ ...sizes(49_152, 960, 32, 15, 5, 2560), tie_word_embeddings: true }), 361_821_120],
  [
    "SmolLM2-1.7B",
    llama({ ...sizes(49_152, 2048, 24, 32, 32, 8192), tie_word_embeddings: true }),
    1_711_376_384,
  ],
  ["Qwen2.5-0.5B", qwen(sizes(151_936, 896, 24, 14, 2, 4864)), 494_032_768],
  ["Qwen2.5-1.5B", qwen(sizes(151_936, 1536, 28, 12, 2, 8960)), 1_543_714_304],
  ["Qwen2.5-3B", qwen(sizes(151_936, 2048, 36, 16, 2, 11_008)), 3_085_938_688],
  [
    "Qwen2.5-7B",
    { ...qwen(sizes(152_064, 3584, 28, 28, 4, 18_944)), tie_word_embeddings: false },
    7_615_616_512,
  ],
  ["Llama-2-7B", llama(sizes(32_000, 4096, 32, 32, 32, 11_008)), 6_738_415_616],
  ["Llama-2-13B", llama(sizes(32_000, 5120, 40, 40, 40, 13_824)), 13_015_864_320],
  ["Llama-2-70B", llama(sizes(32_000, 8192, 80, 64, 8, 28_672)), 68_976_648_192],
  ["Llama-3-8B", llama({ ...sizes(128_256, 4096, 32, 32, 8, 14_336), rope_theta: 500_000 }), 8_030_261_248],
  [
    "Llama-3.2-1B",
    llama({ ...sizes(128_256, 2048, 16, 32, 8, 8192), tie_word_embeddings: true }),
    1_235_814_400,
  ],
])("%s has the published number of parameters", (_, json, count) => {
  expect(lmParameterCount(lmConfigFromPublished(json))).toBe(count);
});

test("a configuration comes back from its published form, and defaults are those of the architectures", async () => {
  for (const name of ["tinyLlama", "tinyQwen2"] as const) {
    const json = JSON.parse(await readFile(join(lmFixture(name), "config.json"), "utf8")) as object;
    const config = lmConfigFromPublished(json);
    expect(lmConfigFromPublished(publishedFromLmConfig(config))).toEqual(config);
    expect(json).toMatchObject(
      Object.fromEntries(Object.entries(publishedFromLmConfig(config)).filter(([, value]) => value !== null)),
    );
  }
  expect(lmConfigFromPublished({ ...small, num_key_value_heads: null })).toEqual({
    vocabularySize: 32,
    width: 16,
    layers: 1,
    heads: 2,
    kvHeads: 2,
    hidden: 24,
    ropeBase: 10_000,
    tiedHead: false,
    normEpsilon: 1e-6,
    maxPositions: 2048,
  });
  const newer = { ...small, rope_parameters: { rope_type: "linear", factor: 2, rope_theta: 5 } };
  expect(lmConfigFromPublished(newer)).toMatchObject({
    ropeBase: 5,
    ropeScaling: { kind: "linear", factor: 2 },
  });
  expect(lmConfigFromPublished({ ...small, attention_bias: true }).attentionBias).toBe("all");
});

test.each([
  [
    { architectures: ["GPT2LMHeadModel"] },
    'got ["GPT2LMHeadModel"]: the weights are of another architecture',
  ],
  [{ architectures: undefined }, "architectures must name LlamaForCausalLM or Qwen2ForCausalLM, got none"],
  [{ hidden_size: "16" }, "hidden_size: Invalid input"],
  [{ vocab_size: undefined }, "vocab_size: Invalid input"],
  [{ hidden_act: "gelu" }, 'hidden_act must be "silu", got "gelu"'],
  [{ mlp_bias: true }, "mlp_bias is true"],
  [{ use_sliding_window: true }, "use_sliding_window is true"],
  [{ quantization_config: { bits: 4 } }, "the weights are quantised"],
  [
    { rope_scaling: { rope_type: "yarn", factor: 4 } },
    'rope_scaling is of type "yarn"; default, linear, dynamic',
  ],
  [
    { rope_scaling: { type: "llama3", factor: 4 } },
    'rope_scaling.low_freq_factor is missing, which "llama3" needs',
  ],
  [{ num_attention_heads: 3 }, "heads: must split width into heads"],
  [{ num_attention_heads: 4, num_key_value_heads: 3 }, "kvHeads: must divide heads"],
])("refuses %j by name", (change, message) => {
  expect(() => lmConfigFromPublished({ ...small, ...change }, "here/config.json")).toThrow(
    "[lm] here/config.json: ",
  );
  expect(() => lmConfigFromPublished({ ...small, ...change })).toThrow(message);
});

describe("a folder that does not fit is refused before anything is allocated:", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "candor-lm-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  type Tensors = Map<string, TensorToStore>;

  async function refused(
    change: (at: string) => Promise<void>,
    options: Parameters<typeof openLm>[2] = {},
    fixture: Parameters<typeof lmFixture>[0] = "tinyQwen2",
  ) {
    const device = await testDevice();
    const at = await mkdtemp(join(folder, "model-"));
    await cp(lmFixture(fixture), at, { recursive: true });
    await change(at);
    const before = device.stats;
    const error = await openLm(device, at, options).catch((e: Error) => e);
    expect(device.stats).toEqual(before);
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }

  const withTensors = (change: (tensors: Tensors) => void) => async (at: string) => {
    const file = join(at, "model.safetensors");
    const tensors: Tensors = new Map();
    for (const [name, { shape, data }] of parseSafetensors(await readFile(file)).tensors) {
      tensors.set(name, { shape, data });
    }
    change(tensors);
    await writeFile(file, encodeSafetensors(tensors));
  };
  const key = "model.layers.1.self_attn.k_proj.bias";

  test("a missing or broken file, with where to get it", async () => {
    expect(await refused((at) => rm(join(at, "config.json")))).toMatch(
      /cannot read .*config\.json .*: download it/,
    );
    expect(await refused((at) => writeFile(join(at, "config.json"), "{"))).toContain(
      "is no JSON or is cut off",
    );
    expect(await refused((at) => rm(join(at, "model.safetensors")))).toMatch(
      /has neither model\.safetensors nor model\.safetensors\.index\.json: download it/,
    );
  });

  test("a missing shard, and one that lacks what the index says", async () => {
    const second = "model-00002-of-00002.safetensors";
    expect(await refused((at) => rm(join(at, second)), {}, "tinyLlama")).toContain(second);
    const swapped = (at: string) => cp(join(at, "model-00001-of-00002.safetensors"), join(at, second));
    expect(await refused(swapped, {}, "tinyLlama")).toMatch(
      /places .* in model-00002-of-00002\.safetensors, which does/,
    );
  });

  test("a wrong size, a missing or surplus tensor, a dtype that cannot be loaded", async () => {
    expect(
      await refused(withTensors((t) => t.set(key, { shape: [5], data: new Float32Array(5) }))),
    ).toContain(`${key} must be [4], got [5]`);
    expect(await refused(withTensors((t) => t.delete(key)))).toContain(`lacks ${key}`);
    expect(
      await refused(withTensors((t) => t.set("extra", { shape: [1], data: new Float32Array(1) }))),
    ).toContain("holds extra, which the model does not have");
    expect(await refused(withTensors((t) => t.set(key, { shape: [4], data: new Int32Array(4) })))).toContain(
      `${key} is I32`,
    );
  });

  test("a tokenizer with more ids than rows, a budget that is too small", async () => {
    expect(await refused(unchanged, { tokenizerSize: 49 })).toMatch(
      /the tokenizer has ids up to 48, the embedding table of .* 48 rows: use the tokenizer\.json/,
    );
    expect(await refused(unchanged, { budgetBytes: 1000 })).toMatch(
      /the parameters take \d+ bytes, the budget leaves 1000/,
    );
  });
});

test("a tied checkpoint may hold the head again, and old ones the angles", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const folder = await mkdtemp(join(tmpdir(), "candor-lm-"));
  await cp(lmFixture("tinyQwen2"), folder, { recursive: true });
  const file = join(folder, "model.safetensors");
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { shape, data }] of parseSafetensors(await readFile(file)).tensors) {
    tensors.set(name, { shape, data });
  }
  tensors.set("lm_head.weight", { shape: [48, 16], data: new Float32Array(48 * 16) });
  tensors.set("model.layers.0.self_attn.rotary_emb.inv_freq", { shape: [2], data: new Float32Array(2) });
  await writeFile(file, encodeSafetensors(tensors));
  const lm = await openLm(device, folder, { tokenizerSize: 40 });
  expect(lm.parameterCount()).toBe(lmParameterCount(lm.config));
  await rm(folder, { recursive: true });
});
