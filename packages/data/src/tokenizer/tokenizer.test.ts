/** @file Our BPE trainer read by Hugging Face's library, against a brute-force merge loop, on arbitrary Unicode. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerFor, question } from "../captions/answerFor.ts";
import { captionGeneral } from "../captions/captionGeneral.ts";
import { captionSpoof } from "../captions/captionSpoof.ts";
import { createRandom, uniform } from "../sampling/random.ts";
import { createTokenizer, loadTokenizer, saveTokenizer } from "./tokenizer.ts";
import { trainBpe } from "./trainBpe.ts";

const corpus = captionCorpus();
const json = trainBpe(corpus, 512);
const tokenizer = createTokenizer(json);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-tokenizer-"));
});
afterAll(() => rm(folder, { recursive: true }));

function captionCorpus(): string[] {
  const texts = [question];
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const next = () => uniform(random);
    const live = seed % 2 === 0;
    const facts = {
      label: live ? "live" : "spoof",
      attack: live ? "none" : "print",
      sex: "female",
      ageGroup: "old",
      skinTone: "dark",
      hair: "short hair",
      light: "daylight",
      background: "a plain wall",
      cues: live ? ["skin texture"] : ["halftone dots", "bent paper"],
    } as const;
    const captions = { captionGeneral: captionGeneral(facts, next), captionSpoof: captionSpoof(facts, next) };
    texts.push(answerFor({ label: facts.label, attack: facts.attack, ...captions }), captions.captionGeneral);
  }
  return texts;
}

/** Applies the merges one at a time, in their order, to every place: slow, and plainly BPE's definition. */
function bruteForce(text: string): number[] {
  const byteNames: string[] = [];
  let shifted = 0;
  for (let byte = 0; byte < 256; byte++) {
    const shown = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    byteNames.push(String.fromCharCode(shown ? byte : 256 + shifted));
    if (!shown) shifted += 1;
  }
  const pattern = /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
  return [...text.matchAll(pattern)].flatMap(([word]) => {
    let symbols = [...Buffer.from(word, "utf8")].map((byte) => byteNames[byte] as string);
    for (const [left, right] of json.model.merges) {
      const next: string[] = [];
      for (let i = 0; i < symbols.length; i++) {
        const both = symbols[i] === left && symbols[i + 1] === right;
        next.push(both ? left + right : (symbols[i] as string));
        if (both) i += 1;
      }
      symbols = next;
    }
    return symbols.map((symbol) => json.model.vocab[symbol] as number);
  });
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.array(fc.constantFrom(...corpus), { minLength: 1, maxLength: 2 }).map((parts) => parts.join(" ")),
  fc.string({ unit: fc.constantFrom("a", "e", "s", " ", "Y", "N", "o", "'", "\n"), maxLength: 60 }),
);

test("arbitrary Unicode comes back whole", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
    { numRuns: 400 },
  );
});

test("the library's ids are those of a brute-force merge loop", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(tokenizer.encode(text)).toEqual(bruteForce(text));
    }),
    { numRuns: 400 },
  );
});

test("the merges of Sennrich's example come in its order", () => {
  const texts = [
    ...Array<string>(5).fill("low"),
    ...Array<string>(2).fill("lower"),
    ...Array<string>(6).fill("newest"),
    ...Array<string>(3).fill("widest"),
  ];
  const { merges } = trainBpe(texts).model;
  expect(merges.slice(0, 7).map((pair) => pair.join("+"))).toEqual([
    "Y+e",
    "Ye+s",
    "N+o",
    "e+s",
    "es+t",
    "l+o",
    "lo+w",
  ]);
});

test("each judgment is one token, alone and before a sentence, and captions are short in tokens", () => {
  expect(tokenizer.encode("Yes")).toEqual([tokenizer.yesId]);
  expect(tokenizer.encode("No, this is a printed photo.")[0]).toBe(tokenizer.noId);
  expect(tokenizer.yesId).not.toBe(tokenizer.noId);
  const empty = createTokenizer(trainBpe([]));
  expect(empty.encode("Yes")).toEqual([empty.yesId]);
  const perWord = corpus.map((text) => tokenizer.encode(text).length / text.split(" ").length);
  expect(perWord.reduce((sum, x) => sum + x, 0) / perWord.length).toBeLessThan(1.6);
});

test("special tokens have the ids 0, 1, 2, are not produced from words, and are left out of decoded text", () => {
  expect([tokenizer.padId, tokenizer.bosId, tokenizer.eosId]).toEqual([0, 1, 2]);
  expect(tokenizer.vocabSize).toBe(Object.keys(json.model.vocab).length);
  expect(tokenizer.vocabSize).toBeLessThanOrEqual(512);
  expect(tokenizer.decode([1, ...tokenizer.encode("a face"), 2, 0, 0])).toBe("a face");
  expect(tokenizer.decode([])).toBe("");
});

test("training twice gives the same bytes, in any order of the texts", () => {
  expect(JSON.stringify(trainBpe(corpus.toReversed(), 512))).toBe(JSON.stringify(json));
});

test("a saved tokenizer loads; a cut, missing, foreign or splitting one is named", async () => {
  const file = join(folder, "tokenizer.json");
  await saveTokenizer(file, json);
  const loaded = await loadTokenizer(file);
  expect(loaded.encode(question)).toEqual(tokenizer.encode(question));
  const whole = await readFile(file, "utf8");
  await writeFile(file, whole.slice(0, whole.length / 2));
  await expect(loadTokenizer(file)).rejects.toThrow(
    /\[tokenizer\] .*tokenizer\.json is no JSON or is cut off/,
  );
  await writeFile(file, "{}");
  await expect(loadTokenizer(file)).rejects.toThrow(/is no tokenizer\.json: /);
  await expect(loadTokenizer(join(folder, "none.json"))).rejects.toThrow("none.json: no such file");
  const splitting = { ...json, model: { ...json.model, merges: json.model.merges.slice(3) } };
  expect(() => createTokenizer(splitting)).toThrow('splits the judgment "Yes" into');
  expect(() => createTokenizer({ ...json, added_tokens: [] })).not.toThrow();
  expect(() => trainBpe(corpus, 100)).toThrow("vocabSize must be an integer of at least 262, got 100");
});

test("a foreign tokenizer's special tokens are read from tokenizer_config.json", async () => {
  const foreign = structuredClone(json);
  foreign.added_tokens = foreign.added_tokens.map((token, i) => ({ ...token, content: `[T${i}]` }));
  for (const token of ["<|pad|>", "<|bos|>", "<|eos|>"]) delete foreign.model.vocab[token];
  const file = join(folder, "foreign.json");
  await saveTokenizer(file, foreign);
  await expect(loadTokenizer(file)).rejects.toThrow('has no end token "<|eos|>"');
  const config = { eos_token: { content: "[T2]" }, bos_token: null, pad_token: "[T0]" };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  const loaded = await loadTokenizer(file);
  expect([loaded.padId, loaded.bosId, loaded.eosId]).toEqual([0, 2, 2]);
});
