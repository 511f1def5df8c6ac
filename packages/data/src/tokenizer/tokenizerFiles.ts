/** @file The files of a tokenizer, as they are published, read with Hugging Face's library. */
import { readFile } from "node:fs/promises";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";

/** Names of the special tokens, as a tokenizer_config.json gives them. */
export type TokenNames = Partial<Record<"pad_token" | "bos_token" | "eos_token" | "unk_token", unknown>>;

/** The text of a special token, which files hold as it is or within an object. */
export function tokenText(name: unknown): string | undefined {
  const text = typeof name === "object" && name !== null ? (name as { content?: unknown }).content : name;
  return typeof text === "string" ? text : undefined;
}

/** @throws Error that names the source if it is no tokenizer */
export function openLibrary(json: object, source: string): LibraryTokenizer {
  try {
    const library = new LibraryTokenizer(json, {});
    library.encode("a");
    return library;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`[tokenizer] ${source} is no tokenizer.json: ${cause}`, { cause: error });
  }
}

/**
 * @returns undefined if there is no such file
 * @throws Error that names the file if it cannot be read or is no JSON
 */
export async function readJson(file: string): Promise<object | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`[tokenizer] cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    throw new Error(`[tokenizer] ${file} is no JSON or is cut off: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
