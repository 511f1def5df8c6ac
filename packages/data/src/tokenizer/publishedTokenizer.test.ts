/** @file Tokenizers as LLaMA 2, SmolLM2 and Qwen2 publish them, small ones in their forms, and their chat templates. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createChatTemplate } from "./chatTemplate.ts";
import { openTokenizer } from "./publishedTokenizer.ts";
import { trainBpe } from "./trainBpe.ts";

/** SmolLM2-Instruct's template. */
const chatMl =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/** Llama-2-chat's template. */
const llama2 =
  "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";

const special = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

const trained = trainBpe(["Is this photo of a real person?", "Yes, a live face. No, a printed photo."], 300);

/** Qwen2's form: a split by a pattern, then bytes; special tokens behind the vocabulary. */
function qwenForm() {
  const [pad, bos, eos] = trained.added_tokens.map(({ content }) => content);
  const vocab = Object.fromEntries(
    Object.entries(trained.model.vocab)
      .filter(([token]) => ![pad, bos, eos].includes(token))
      .map(([token, id]) => [token, id - 3]),
  );
  const size = Object.keys(vocab).length;
  const pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    ...trained,
    added_tokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map((token, i) => special(token, size + i)),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
        bytes,
      ],
    },
    post_processor: bytes,
    decoder: bytes,
    model: { ...trained.model, vocab },
  };
}

/** LLaMA 2's form: spaces as ▁, bytes where a character is unknown, a beginning before every text. */
function llamaForm() {
  const tokens = ["<unk>", "<s>", "</s>"];
  for (let byte = 0; byte < 256; byte++) {
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  }
  tokens.push("▁", "a", "f", "c", "e", "▁a", "fa", "ce", "face");
  return {
    ...trained,
    added_tokens: tokens.slice(0, 3).map(special),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      ...trained.model,
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [
        ["▁", "a"],
        ["f", "a"],
        ["c", "e"],
        ["fa", "ce"],
      ],
    },
  };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "candor-published-"));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(root, "model-"));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

test("Qwen2's form: text comes back whole, special tokens have the ids behind the vocabulary", async () => {
  const config = { bos_token: null, eos_token: { content: "<|im_end|>" }, pad_token: "<|endoftext|>" };
  const json = qwenForm();
  const size = Object.keys(json.model.vocab).length;
  const tokenizer = await openTokenizer(
    await folderOf({ "tokenizer.json": json, "tokenizer_config.json": { ...config, chat_template: chatMl } }),
  );
  expect(tokenizer).toMatchObject({
    vocabSize: size + 3,
    bosId: undefined,
    eosId: size + 2,
    padId: size,
    unkId: undefined,
  });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
      const composed = text.normalize("NFC");
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(composed);
    }),
    { numRuns: 200 },
  );
  expect(tokenizer.encode("12")).toHaveLength(2); // digits stand alone
  const ids = tokenizer.encodeChat([{ role: "user", content: "Is this photo of a real person?" }]);
  const text = (part: string) => tokenizer.encode(part);
  const [start, end] = [size + 1, size + 2];
  const system = "system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face";
  const want = [
    start,
    ...text(system),
    end,
    ...text("\n"),
    start,
    ...text("user\nIs this photo of a real person?"),
  ];
  expect(ids).toEqual([...want, end, ...text("\n"), start, ...text("assistant\n")]);
});

test("LLaMA 2's form: spaces, unknown characters as bytes, and a beginning where it is asked for", async () => {
  const tokenizer = await openTokenizer(
    await folderOf({
      "tokenizer.json": llamaForm(),
      "tokenizer_config.json": { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" },
    }),
  );
  expect(tokenizer).toMatchObject({ bosId: 1, eosId: 2, padId: undefined, unkId: 0, hasChat: false });
  const { vocab } = llamaForm().model;
  const face = [vocab["▁a"], vocab["▁"], vocab["face"]];
  expect(tokenizer.encode("a face")).toEqual(face);
  expect(tokenizer.encode("a face", true)).toEqual([1, ...face]);
  expect(tokenizer.encode("é")).toEqual([vocab["▁"], vocab["<0xC3>"], vocab["<0xA9>"]]);
  for (const text of ["a face", "é😀 ace", "face  a"]) {
    expect(tokenizer.decode(tokenizer.encode(text, true))).toBe(text);
  }
  expect(() => tokenizer.encodeChat([])).toThrow(/has no chat template: the model is no chat model/);
});

describe("chat templates", () => {
  const names = { bos_token: "<s>", eos_token: "</s>" };

  test("Llama 2's writes turns and the system message as published, and says what it refuses", () => {
    const write = createChatTemplate(llama2, names);
    expect(
      write([
        { role: "system", content: "Be brief." },
        { role: "user", content: " Live? " },
        { role: "assistant", content: "No" },
        { role: "user", content: "Why?" },
      ]),
    ).toBe("<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n Live? [/INST] No </s><s>[INST] Why? [/INST]");
    expect(() => write([{ role: "assistant", content: "No" }])).toThrow(
      "[tokenizer] the chat template refuses these messages: Conversation roles must alternate",
    );
    expect(() => createChatTemplate("{% if %}", {}, "here")).toThrow(
      "[tokenizer] here is no Jinja template: ",
    );
  });

  test("the assistant's turn is opened unless it is not wanted; a file of its own wins, of several the default", async () => {
    const tokenizer = { "tokenizer.json": qwenForm() };
    const messages = [{ role: "system", content: "a" } as const];
    const one = await openTokenizer(
      await folderOf({ ...tokenizer, "tokenizer_config.json": { chat_template: chatMl } }),
    );
    const opened = one.encodeChat(messages);
    const closed = one.encodeChat(messages, { addGenerationPrompt: false });
    expect(opened.slice(0, closed.length)).toEqual(closed);
    expect(one.decode(opened.slice(closed.length))).toBe("assistant\n");
    const several = [
      { name: "tool_use", template: "b" },
      { name: "default", template: "c" },
    ];
    const config = { "tokenizer_config.json": { chat_template: several } };
    const chosen = await openTokenizer(await folderOf({ ...tokenizer, ...config }));
    expect(chosen.decode(chosen.encodeChat(messages))).toBe("c");
    const own = await openTokenizer(await folderOf({ ...tokenizer, ...config, "chat_template.jinja": "d" }));
    expect(own.decode(own.encodeChat(messages))).toBe("d");
    const unnamed = { "tokenizer_config.json": { chat_template: several.slice(0, 1) } };
    await expect(openTokenizer(await folderOf({ ...tokenizer, ...unnamed }))).rejects.toThrow(
      'named "default"',
    );
  });
});

test("a missing, cut or foreign file is named", async () => {
  await expect(openTokenizer(await folderOf({}))).rejects.toThrow(
    /tokenizer\.json: no such file. Download it/,
  );
  await expect(openTokenizer(await folderOf({ "tokenizer.json": "{" }))).rejects.toThrow(
    "is no JSON or is cut off",
  );
  await expect(openTokenizer(await folderOf({ "tokenizer.json": {} }))).rejects.toThrow(
    "is no tokenizer.json",
  );
  const cut = { "tokenizer.json": qwenForm(), "tokenizer_config.json": "{" };
  await expect(openTokenizer(await folderOf(cut))).rejects.toThrow("tokenizer_config.json is no JSON");
});
