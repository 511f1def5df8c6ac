/** @file Question and answer texts as the token arrays of one training step. */
import { question } from "../captions/answerFor.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";

/** The language model's side of one batch. */
export interface TokenBatch {
  /** Int32Array [B, T]: question, judgment, interpretation; then padding. */
  inputs: Int32Array;
  /** Int32Array [B, T]: the token after each input; the end token after the interpretation; then padding. */
  targets: Int32Array;
  /** Float32Array [B, T]: 1 where the target is the judgment. */
  judgmentMask: Float32Array;
  /** Float32Array [B, T]: 1 where the target is an interpretation token or the end token. */
  interpretationMask: Float32Array;
  batchSize: number;
  /** T. */
  length: number;
  /** The place in T, the same in each row, whose logits predict the judgment: the question's last token. */
  judgmentPosition: number;
  /** How many interpretations did not fit and were cut, with no end token. */
  truncated: number;
}

/**
 * Builds the sequences [question, judgment, interpretation, end], shifted by one and right-padded to a fixed length.
 *
 * Padding has the weight 0 in both masks; a causal model never sees it before a token that counts.
 * @param tokenizer gives the ids
 * @param answers one answer a sample, as {@link answerFor} writes it
 * @param length T, at least the question's tokens
 * @throws RangeError if the question and the judgment do not fit
 * @throws Error if an answer does not begin with a judgment token
 */
export function buildTokenBatch(
  tokenizer: TextTokenizer,
  answers: readonly string[],
  length: number,
): TokenBatch {
  const asked = tokenizer.encode(question);
  if (!Number.isInteger(length) || length < asked.length) {
    throw new RangeError(
      `[tokenBatch] length must be an integer of at least ${asked.length} (the question's tokens), got ${length}`,
    );
  }
  const batchSize = answers.length;
  const inputs = new Int32Array(batchSize * length).fill(tokenizer.padId);
  const targets = new Int32Array(batchSize * length).fill(tokenizer.padId);
  const judgmentMask = new Float32Array(batchSize * length);
  const interpretationMask = new Float32Array(batchSize * length);
  const judgmentPosition = asked.length - 1;
  let truncated = 0;
  for (const [b, answer] of answers.entries()) {
    const sequence = [...asked, ...encodeAnswer(tokenizer, answer), tokenizer.eosId];
    const kept = Math.min(sequence.length - 1, length);
    if (kept < sequence.length - 1) truncated += 1;
    const row = b * length;
    inputs.set(sequence.slice(0, kept), row);
    targets.set(sequence.slice(1, kept + 1), row);
    judgmentMask[row + judgmentPosition] = 1;
    interpretationMask.fill(1, row + asked.length, row + kept);
  }
  return {
    inputs,
    targets,
    judgmentMask,
    interpretationMask,
    batchSize,
    length,
    judgmentPosition,
    truncated,
  };
}

/**
 * The least length at which no answer is cut.
 * @param tokenizer gives the ids
 * @param answers every answer of the data
 * @returns T in tokens
 */
export function lengthFor(tokenizer: TextTokenizer, answers: Iterable<string>): number {
  const asked = tokenizer.encode(question).length;
  let longest = 1;
  for (const answer of answers) longest = Math.max(longest, tokenizer.encode(answer).length);
  return asked + longest;
}

function encodeAnswer(tokenizer: TextTokenizer, answer: string): number[] {
  const ids = tokenizer.encode(answer);
  if (ids[0] !== tokenizer.yesId && ids[0] !== tokenizer.noId) {
    throw new Error(
      `[tokenBatch] the answer must begin with "Yes" or "No" as one token, got ${JSON.stringify(answer)}`,
    );
  }
  return ids;
}
