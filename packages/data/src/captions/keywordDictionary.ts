/** @file The keyword dictionary of SCF's filter, K of I-FAS: our own, or a file's. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { attacks } from "../manifest/manifest.ts";
import type { Attack } from "../manifest/manifest.ts";
import { attackKeywords } from "./attackKeywords.ts";
import { wordsOf } from "./phrases.ts";

/** The keywords of each spoof attack; an attack without any keeps no pair. */
export type KeywordDictionary = Readonly<Record<Exclude<Attack, "none">, readonly string[]>>;

const spoofAttacks = attacks.filter((attack) => attack !== "none");

/** The dictionary that is used where no file is given: names and cues of {@link attackKeywords}. */
export const defaultKeywords: KeywordDictionary = Object.fromEntries(
  spoofAttacks.map((attack) => [attack, [...attackKeywords[attack].names, ...attackKeywords[attack].cues]]),
) as unknown as KeywordDictionary;

const fileSchema = z.partialRecord(
  z.enum(spoofAttacks as [Exclude<Attack, "none">, ...Exclude<Attack, "none">[]]),
  z.array(z.string().refine((word) => /[\p{L}\p{N}]/u.test(word), "a keyword must hold a word")),
);

/**
 * Reads a dictionary: a JSON object from attack to keywords, such as `{"print": ["paper", "halftone dots"]}`.
 * @param file attacks that it lacks have no keywords
 * @throws Error that names the file and each wrong entry
 */
export async function readKeywords(file: string): Promise<KeywordDictionary> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`[keywords] cannot read ${file}: ${cause.message}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`[keywords] ${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".") || "the file"}: ${message}`,
    );
    throw new Error(
      `[keywords] ${file} must map attacks (${spoofAttacks.join(", ")}) to lists of keywords: ${lines.join("; ")}`,
    );
  }
  const dictionary = Object.fromEntries(
    spoofAttacks.map((attack) => {
      // A keyword is looked for as a sentence's words are written.
      const words = (parsed.data[attack] ?? []).map((word) => wordsOf(word).join(" "));
      return [attack, [...new Set(words)]];
    }),
  ) as unknown as KeywordDictionary;
  if (spoofAttacks.every((attack) => dictionary[attack].length === 0)) {
    throw new Error(`[keywords] ${file} holds no keyword; with it no pair would be kept`);
  }
  return dictionary;
}
