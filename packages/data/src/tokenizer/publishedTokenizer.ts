/** @file The tokenizer of a published language model, with its chat template where it has one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChatMessage, type ChatOptions, createChatTemplate } from "./chatTemplate.ts";
import { openLibrary, readJson, type TokenNames, tokenText } from "./tokenizerFiles.ts";

/** A tokenizer as it was published. */
export interface PublishedTokenizer {
  /** One more than the highest token id: rows that an embedding table must have. */
  vocabSize: number;
  /** Undefined where the files name none. */
  bosId: number | undefined;
  eosId: number | undefined;
  padId: number | undefined;
  unkId: number | undefined;
  /**
   * @param special add the special tokens that the tokenizer puts around a text, such as LLaMA's beginning; default false
   */
  encode: (text: string, special?: boolean) => number[];
  /** The text of token ids, without special tokens. */
  decode: (ids: readonly number[]) => string;
  /**
   * Token ids of a conversation, as the model was trained on it.
   * @throws Error if the model has no chat template, or it refuses the messages
   */
  encodeChat: (messages: readonly ChatMessage[], options?: ChatOptions) => number[];
  /** Whether there is a chat template. */
  hasChat: boolean;
}

/** The part of a tokenizer_config.json that is read. */
type TokenizerConfig = TokenNames & { chat_template?: unknown };

/**
 * Reads `tokenizer.json`, and where they lie beside it `tokenizer_config.json` and `chat_template.jinja`.
 * @param folder of the published files
 * @throws Error that names the file if it is missing, cut off or no tokenizer
 */
export async function openTokenizer(folder: string): Promise<PublishedTokenizer> {
  const file = join(folder, "tokenizer.json");
  const json = await readJson(file);
  if (json === undefined) {
    throw new Error(
      `[tokenizer] cannot read ${file}: no such file. Download it from where the model is published, and put it there`,
    );
  }
  const config = ((await readJson(join(folder, "tokenizer_config.json"))) ?? {}) as TokenizerConfig;
  const library = openLibrary(json, file);
  const named = (name: keyof TokenNames) => tokenText(config[name]);
  const idOf = (name: keyof TokenNames) => {
    const text = named(name);
    return text === undefined ? undefined : library.token_to_id(text);
  };
  const encode = (text: string, special = false) => library.encode(text, { add_special_tokens: special }).ids;
  const found = await findTemplate(folder, config);
  const names = Object.fromEntries(
    (["bos_token", "eos_token", "pad_token", "unk_token"] as const).flatMap((name) => {
      const text = named(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
  const chat = found && createChatTemplate(found.text, names, found.source);
  return {
    vocabSize: Math.max(...library.get_vocab(true).values()) + 1,
    bosId: idOf("bos_token"),
    eosId: idOf("eos_token"),
    padId: idOf("pad_token"),
    unkId: idOf("unk_token"),
    encode,
    decode: (ids) =>
      ids.length === 0
        ? ""
        : library.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    encodeChat: (messages, options) => {
      if (!chat) {
        throw new Error(
          `[tokenizer] ${folder} has no chat template: the model is no chat model, or chat_template.jinja is missing`,
        );
      }
      // The template writes the special tokens itself.
      return encode(chat(messages, options));
    },
    hasChat: chat !== undefined,
  };
}

async function findTemplate(
  folder: string,
  { chat_template: template }: TokenizerConfig,
): Promise<{ text: string; source: string } | undefined> {
  const file = join(folder, "chat_template.jinja");
  try {
    return { text: await readFile(file, "utf8"), source: file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new Error(`[tokenizer] cannot read ${file}: ${(error as Error).message}`, { cause: error });
    }
  }
  const source = `chat_template of ${join(folder, "tokenizer_config.json")}`;
  if (typeof template === "string") return { text: template, source };
  if (!Array.isArray(template)) return undefined;
  // Some models have several, by name.
  const named = template as { name?: unknown; template?: unknown }[];
  const chosen = named.find(({ name }) => name === "default");
  if (typeof chosen?.template !== "string") {
    throw new Error(`[tokenizer] ${source} must hold one that is named "default"`);
  }
  return { text: chosen.template, source };
}
