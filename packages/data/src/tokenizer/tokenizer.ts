/** @file Reads tokenizer.json files through Hugging Face's library and knows the ids that I-FAS needs. */
import { rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { judgments } from "../captions/answerFor.ts";
import { openLibrary, readJson, type TokenNames, tokenText } from "./tokenizerFiles.ts";
import { specialTokens } from "./tokenizerJson.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

/** A tokenizer, and the token ids that a training step and a score need. */
export interface TextTokenizer {
  /** One more than the highest token id: the rows of the embedding. */
  vocabSize: number;
  padId: number;
  /** The end-of-sequence id where the tokenizer has no beginning-of-sequence token. */
  bosId: number;
  eosId: number;
  /** The judgment "Yes": live. */
  yesId: number;
  /** The judgment "No": spoof. */
  noId: number;
  /** Token ids of a text, with no special tokens added. */
  encode: (text: string) => number[];
  /** The text of token ids, without special tokens. */
  decode: (ids: readonly number[]) => string;
}

/**
 * Reads a `tokenizer.json`; a `tokenizer_config.json` beside it names the special tokens of foreign tokenizers.
 * @param file the path of the tokenizer.json
 * @throws Error that names the file if it is missing, cut off, no tokenizer, or splits "Yes" or "No"
 */
export async function loadTokenizer(file: string): Promise<TextTokenizer> {
  const json = await readJson(file);
  if (json === undefined) throw new Error(`[tokenizer] cannot read ${file}: no such file`);
  const config = await readJson(join(dirname(file), "tokenizer_config.json"));
  return createTokenizer(json, (config ?? {}) as TokenNames, file);
}

/**
 * Makes a tokenizer from a parsed `tokenizer.json`, such as {@link trainBpe} returns.
 * @param json the parsed file
 * @param names the special tokens' names where they are not ours
 * @param source what to call it in an error message
 * @throws Error if it is no tokenizer, lacks an end token, or splits "Yes" or "No"
 */
export function createTokenizer(
  json: object,
  names: TokenNames = {},
  source = "the tokenizer",
): TextTokenizer {
  const library = openLibrary(json, source);
  const idOf = (name: unknown): number | undefined => {
    const text = tokenText(name);
    return text === undefined ? undefined : library.token_to_id(text);
  };
  const [pad, bos, eos] = specialTokens;
  const eosId = idOf(names.eos_token) ?? idOf(eos);
  if (eosId === undefined) {
    throw new Error(
      `[tokenizer] ${source} has no end token "${eos}", and no tokenizer_config.json beside it names another`,
    );
  }
  const encode = (text: string): number[] => library.encode(text, { add_special_tokens: false }).ids;
  return {
    vocabSize: Math.max(...library.get_vocab(true).values()) + 1,
    padId: idOf(names.pad_token) ?? idOf(pad) ?? eosId,
    bosId: idOf(names.bos_token) ?? idOf(bos) ?? eosId,
    eosId,
    yesId: judgmentId(encode, judgments.live, source),
    noId: judgmentId(encode, judgments.spoof, source),
    encode,
    decode: (ids) =>
      ids.length === 0
        ? ""
        : library.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
  };
}

/**
 * Writes a `tokenizer.json` under a temporary name and renames it.
 * @param file where it goes; its folder must exist
 * @param json the trained tokenizer
 */
export async function saveTokenizer(file: string, json: TokenizerJson): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(json, null, 1)}\n`);
  await rename(temporary, file);
}

/** The judgment's token, which must stay the same when a sentence follows it. */
function judgmentId(encode: (text: string) => number[], judgment: string, source: string): number {
  const alone = encode(judgment);
  const first = encode(`${judgment}, this is a face.`)[0];
  if (alone.length !== 1 || alone[0] !== first) {
    throw new Error(
      `[tokenizer] ${source} splits the judgment "${judgment}" into ${alone.length} tokens; it must be exactly one`,
    );
  }
  return alone[0] as number;
}
