/** @file Answers of a language model: a batch of prompts, token by token. */

import type { Tensor } from "@candor/tensor-core";
import { ConfigError } from "../configError.ts";
import type { Lm } from "../lm/lm.ts";
import { LmDecoder, type NextTokens } from "./lmDecoder.ts";
import { assertSampling, Sampler, type SamplingOptions, takesLargest } from "./sampling.ts";
import { TextStream } from "./textStream.ts";

/** What stands before the answers. */
export interface Prompts {
  /** Token ids of each row; lengths may differ. */
  readonly rows: readonly (readonly number[])[];
  /** [B, P, W] f32, embeddings before the tokens, such as an image's; all of them see each other. */
  readonly prefix?: Tensor | undefined;
}

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  /** Tokens that end an answer; they are not part of it. */
  readonly stopIds?: readonly number[];
  /** Texts that end an answer; they are not part of its text. They need `decode`. */
  readonly stopTexts?: readonly string[];
  /** The text of tokens, as of a tokenizer. */
  readonly decode?: (ids: readonly number[]) => string;
  /** Record a step once and replay it; default true. */
  readonly replay?: boolean;
  /** Of the cache of keys and values; default that of the weights that make them. */
  readonly cacheDType?: "f32" | "f16" | undefined;
}

/** Why an answer ended. */
export type AnswerEnd = "stopId" | "stopText" | "length";

/** A token as it comes. */
export interface StreamedToken {
  readonly row: number;
  /** Absent where the answer ended by a stop token. */
  readonly id?: number;
  /** New text, if `decode` was given; empty where the next token may still change it. */
  readonly text?: string;
  /** Set on the last item of a row. */
  readonly end?: AnswerEnd;
}

/** An answer. */
export interface Answer {
  readonly ids: readonly number[];
  /** If `decode` was given. */
  readonly text?: string;
  readonly end: AnswerEnd;
}

interface Row {
  readonly prompt: readonly number[];
  readonly ids: number[];
  readonly sampler: Sampler;
  readonly text: TextStream | undefined;
  ended: boolean;
}

/**
 * Answers as they come, a token of every row at a time; leaving the loop frees all memory.
 *
 *     for await (const { row, text } of streamTokens(lm, { rows }, { maxTokens: 64, decode })) show(row, text);
 *
 * A row's answer is the same in any batch, up to rounding.
 *
 * @throws ConfigError if an option is out of range, a prompt empty, one of its ids no row of the embedding table, or the
 * model cannot read as many tokens; before anything is allocated
 */
export async function* streamTokens(
  lm: Lm,
  prompts: Prompts,
  options: GenerateOptions,
): AsyncGenerator<StreamedToken, void, undefined> {
  const { maxTokens, stopIds = [], stopTexts = [], decode, replay = true, cacheDType } = options;
  assertOptions(lm, prompts, options);
  const rows: Row[] = prompts.rows.map((prompt, row) => ({
    prompt,
    ids: [],
    sampler: new Sampler(options, row),
    text: decode && new TextStream(decode, stopTexts),
    ended: false,
  }));
  if (rows.length === 0 || maxTokens === 0) {
    yield* rows.map((_, row) => ({ row, end: "length" as const }));
    return;
  }
  const longest = Math.max(...prompts.rows.map((row) => row.length));
  // The last token of an answer is never read.
  const capacity = (prompts.prefix?.shape[1] ?? 0) + longest + maxTokens - 1;
  const decoder = new LmDecoder(lm, { batch: rows.length, capacity, replay, cacheDType });
  try {
    let next = decoder.prefill(prompts.rows, prompts.prefix);
    for (;;) {
      const chosen = await choose(next, rows, options);
      for (const [b, row] of rows.entries()) {
        if (!row.ended) yield take(row, b, chosen[b] as number, stopIds, maxTokens);
      }
      if (rows.every(({ ended }) => ended)) return;
      next = decoder.step(rows.map(({ ended, ids }) => (ended ? undefined : (ids.at(-1) as number))));
    }
  } finally {
    decoder.dispose();
  }
}

/** Answers in full; see {@link streamTokens}. */
export async function generateTokens(lm: Lm, prompts: Prompts, options: GenerateOptions): Promise<Answer[]> {
  const answers = prompts.rows.map(() => ({ ids: [] as number[], text: "", end: "length" as AnswerEnd }));
  for await (const { row, id, text, end } of streamTokens(lm, prompts, options)) {
    const answer = answers[row] as (typeof answers)[number];
    if (id !== undefined) answer.ids.push(id);
    answer.text += text ?? "";
    if (end) answer.end = end;
  }
  return options.decode ? answers : answers.map(({ ids, end }) => ({ ids, end }));
}

async function choose(next: NextTokens, rows: readonly Row[], options: SamplingOptions): Promise<number[]> {
  if (takesLargest(options)) return [...(await next.best.read())];
  const logits = await next.logits.read();
  const width = logits.length / rows.length;
  return rows.map(({ ended, sampler, prompt, ids }, b) =>
    ended ? 0 : sampler.next(logits.subarray(b * width, (b + 1) * width), [...prompt, ...ids]),
  );
}

function take(
  row: Row,
  at: number,
  id: number,
  stopIds: readonly number[],
  maxTokens: number,
): StreamedToken {
  if (stopIds.includes(id)) {
    row.ended = true;
    return { row: at, end: "stopId", ...(row.text ? { text: row.text.end() } : {}) };
  }
  row.ids.push(id);
  const { piece, stopped } = row.text?.push(row.ids) ?? { piece: undefined, stopped: false };
  const end = stopped ? "stopText" : row.ids.length === maxTokens ? "length" : undefined;
  row.ended = end !== undefined;
  if (piece === undefined) return { row: at, id, ...(end ? { end } : {}) };
  return { row: at, id, text: end ? piece + (row.text?.end() ?? "") : piece, ...(end ? { end } : {}) };
}

function assertOptions(lm: Lm, { rows, prefix }: Prompts, options: GenerateOptions): void {
  const { maxTokens, stopTexts = [], decode } = options;
  const { vocabularySize, width } = lm.config;
  assertSampling(options);
  if (!Number.isInteger(maxTokens) || maxTokens < 0) {
    throw new ConfigError(`[generate] maxTokens must be a whole number of at least 0, got ${maxTokens}`);
  }
  if (stopTexts.length > 0 && !decode)
    throw new ConfigError("[generate] stopTexts need decode, a tokenizer's");
  if (stopTexts.includes("")) throw new ConfigError("[generate] a stop text must not be empty");
  if (prefix && (prefix.rank !== 3 || prefix.shape[0] !== rows.length || prefix.shape[2] !== width)) {
    throw new ConfigError(
      `[generate] prefix must be [${rows.length}, P, ${width}], got [${prefix.shape.join(", ")}]`,
    );
  }
  for (const [b, row] of rows.entries()) {
    if (row.length === 0 && !prefix?.shape[1]) throw new ConfigError(`[generate] prompt ${b} is empty`);
    const wrong = row.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (wrong !== undefined) {
      throw new ConfigError(
        `[generate] prompt ${b} has the token ${wrong}, the embedding table ${vocabularySize} rows: ` +
          "use the tokenizer.json that was published with the weights",
      );
    }
  }
}
