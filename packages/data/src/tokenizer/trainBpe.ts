/** @file Trains a byte-level BPE on captions and gives it in Hugging Face's format. */
import { judgments } from "../captions/answerFor.ts";
import { byteCharacters, splitWords } from "./byteAlphabet.ts";
import { specialTokens } from "./tokenizerJson.ts";
import type { ByteLevel, TokenizerJson } from "./tokenizerJson.ts";

/** One distinct word of the corpus, as the symbols it is merged into so far. */
interface Word {
  symbols: string[];
  count: number;
}

/** A pair of neighbouring symbols and how often the corpus holds it. */
interface Pair {
  left: string;
  right: string;
  count: number;
}

const byteLevel: ByteLevel = {
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};

/**
 * Trains byte-level BPE (Sennrich et al., "Neural machine translation of rare words with subword units", ACL 2016,
 * algorithm 1, on GPT-2's bytes): the most frequent pair is merged first, ties go to the first pair by code unit.
 *
 * "Yes" and "No" are merged before everything else, so each judgment is one token.
 * @param texts the corpus, such as every question and answer
 * @param vocabSize how many tokens at most: 3 special ones, 256 bytes, and one a merge. Where the corpus has no pair
 *   left that occurs twice, the vocabulary stays smaller
 * @throws RangeError if vocabSize leaves no room for the bytes, the special tokens and the judgments
 */
export function trainBpe(texts: Iterable<string>, vocabSize = 768): TokenizerJson {
  const merges = Object.values(judgments).flatMap(mergesOf);
  const least = specialTokens.length + byteCharacters.length + merges.length;
  if (!Number.isInteger(vocabSize) || vocabSize < least) {
    throw new RangeError(`[trainBpe] vocabSize must be an integer of at least ${least}, got ${vocabSize}`);
  }
  const words = countWords(texts);
  for (const [left, right] of merges) mergeInWords(words, left, right);
  const most = vocabSize - specialTokens.length - byteCharacters.length;
  const tokens = new Set([...byteCharacters, ...merges.map(([left, right]) => left + right)]);
  while (merges.length < most) {
    const pair = mostFrequentPair(words);
    if (!pair || pair.count < 2) break;
    merges.push([pair.left, pair.right]);
    mergeInWords(words, pair.left, pair.right);
    tokens.add(pair.left + pair.right);
  }
  return makeJson([...specialTokens, ...tokens], merges);
}

/** The merges that build a word from left to right. */
function mergesOf(word: string): [string, string][] {
  return Array.from({ length: word.length - 1 }, (_, i) => [word.slice(0, i + 1), word[i + 1] as string]);
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Array.from(counts, ([word, count]) => ({ symbols: [...word], count }));
}

function mostFrequentPair(words: readonly Word[]): Pair | undefined {
  const pairs = new Map<string, Pair>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const left = symbols[i] as string;
      const right = symbols[i + 1] as string;
      const key = `${left} ${right}`; // no symbol holds a space: GPT-2 writes it as U+0120
      const pair = pairs.get(key);
      if (pair) pair.count += count;
      else pairs.set(key, { left, right, count });
    }
  }
  let best: Pair | undefined;
  for (const pair of pairs.values()) {
    if (!best || pair.count > best.count || (pair.count === best.count && comesFirst(pair, best)))
      best = pair;
  }
  return best;
}

function comesFirst(a: Pair, b: Pair): boolean {
  return a.left < b.left || (a.left === b.left && a.right < b.right);
}

function mergeInWords(words: readonly Word[], left: string, right: string): void {
  for (const word of words) {
    const merged: string[] = [];
    for (const symbol of word.symbols) {
      // The last symbol is merged at once, so "aaa" with (a, a) becomes "aa a", as every BPE applies it.
      if (symbol === right && merged.at(-1) === left) merged[merged.length - 1] = left + right;
      else merged.push(symbol);
    }
    word.symbols = merged;
  }
}

function makeJson(tokens: readonly string[], merges: [string, string][]): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
