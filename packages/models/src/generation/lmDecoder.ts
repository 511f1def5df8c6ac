/** @file The logits of the next tokens, prompt by one pass and then token by token over a cache. */

import {
  argmax,
  capture,
  type CapturedStep,
  concat,
  type Device,
  embedding,
  reshape,
  type StepInput,
  type Tensor,
  tensor,
} from "@candor/tensor-core";
import type { Lm } from "../lm/lm.ts";
import { LmCache } from "../lm/lmCache.ts";

// B batch, P prefix tokens, T prompt tokens at most, W width, V vocabulary

/** What a pass says of the tokens that come next: `logits` [B, V] f32, and `best`, the most probable, [B] i32. */
export type NextTokens = Readonly<Record<"logits" | "best", Tensor>>;

type StepInputs = "ids" | "positions" | "lengths";

export interface LmDecoderOptions {
  readonly batch: number;
  /** Most tokens of a row, prefix and prompt included. */
  readonly capacity: number;
  /** Record a step once and replay it; default true. */
  readonly replay?: boolean;
  /**
   * Of the cache; default that of the weights that make keys and values. f16 takes half the memory; what decoding reads,
   * the query too, is rounded to it.
   */
  readonly cacheDType?: "f32" | "f16" | undefined;
}

/**
 * A language model that reads on where it stopped. The prompt is read at once; then each call of {@link step} reads one
 * token of every row. A step has the same shapes at each position, so that it is recorded once and replayed.
 *
 * Rows of different lengths are padded at their ends: a row's tokens never see the padding behind them, and the row's next
 * tokens take its place in the cache.
 */
export class LmDecoder implements Disposable {
  readonly #lm: Lm;
  readonly #device: Device;
  readonly #cache: LmCache;
  readonly #step: (inputs: Readonly<Record<StepInputs, Tensor>>) => NextTokens;
  readonly #captured: CapturedStep<StepInputs, NextTokens> | undefined;
  /** Tokens of each row that the cache holds. */
  readonly #lengths: number[] = [];
  #eager: NextTokens | undefined;

  /** @throws ConfigError if the model cannot read as many tokens, before anything is allocated */
  constructor(lm: Lm, { batch, capacity, replay = true, cacheDType = dtypeOfKeys(lm) }: LmDecoderOptions) {
    this.#lm = lm;
    this.#device = lm.tokens.weight.device;
    this.#cache = this.#device.unscoped(
      () => new LmCache(this.#device, lm.config, batch, capacity, cacheDType),
    );
    this.#step = ({ ids, positions, lengths }) =>
      this.#nextOf(lm.decodeEmbeddings(lm.embed(ids), { positions, lengths }, this.#cache)); // [B, 1, W]
    if (replay) this.#captured = capture(this.#device, this.#step);
  }

  /**
   * Reads the prompts.
   *
   * @param rows   token ids of each row; one that is empty needs a prefix
   * @param prefix [B, P, W] f32, embeddings before the prompts, such as an image's; its tokens see each other
   * @returns what comes next; valid until the next call
   */
  prefill(rows: readonly (readonly number[])[], prefix?: Tensor): NextTokens {
    const device = this.#device;
    const width = Math.max(...rows.map((row) => row.length));
    const seenByAll = prefix?.shape[1] ?? 0;
    const next = this.#alone(() => {
      const padded = rows.flatMap((row) => [...row, ...Array<number>(width - row.length).fill(0)]);
      const parts = [
        ...(prefix ? [prefix] : []),
        ...(width > 0 ? [this.#lm.embed(tensor(device, padded, [rows.length, width], "i32"))] : []),
      ];
      const x = parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 1); // [B, P + T, W]
      const states = this.#lm.forwardEmbeddings(x, seenByAll, this.#cache); // [B, P + T, W]
      const ends = rows.map((row, b) => b * (seenByAll + width) + seenByAll + row.length - 1);
      const flat = reshape(states, [-1, states.shape[2] ?? 0]); // [B (P + T), W]
      return this.#nextOf(embedding(flat, tensor(device, ends, [rows.length], "i32"))); // [B, W]
    });
    this.#lengths.splice(0, Infinity, ...rows.map((row) => seenByAll + row.length));
    return next;
  }

  /**
   * Reads one token of every row.
   *
   * @param ids the tokens; undefined for a row that has ended, whose cache stays as it is
   * @returns what comes next; valid until the next call
   */
  step(ids: readonly (number | undefined)[]): NextTokens {
    const batch = ids.length;
    const positions = Int32Array.from(ids, (id, b) => {
      // A row that has ended reads its last token again.
      return (this.#lengths[b] as number) - (id === undefined ? 1 : 0);
    });
    const inputs: Record<StepInputs, StepInput> = {
      ids: { shape: [batch, 1], data: Int32Array.from(ids, (id) => id ?? 0) },
      positions: { shape: [batch], data: positions },
      lengths: { shape: [batch], data: positions.map((position) => position + 1) },
    };
    ids.forEach((id, b) => (this.#lengths[b] = (this.#lengths[b] as number) + (id === undefined ? 0 : 1)));
    if (this.#captured) {
      this.#free();
      return this.#captured.run(inputs);
    }
    return this.#alone(() => {
      const given = (name: StepInputs) => tensor(this.#device, inputs[name].data, inputs[name].shape, "i32");
      const tensors = { ids: given("ids"), positions: given("positions"), lengths: given("lengths") };
      return this.#step(tensors);
    });
  }

  dispose(): void {
    this.#free();
    this.#captured?.dispose();
    this.#cache.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** [B, ..., W] f32 -> [B, V] */
  #nextOf(states: Tensor): NextTokens {
    const logits = reshape(this.#lm.logits(states), [states.shape[0] ?? 0, -1]);
    return { logits, best: argmax(logits) };
  }

  /** Frees all but the result, at once: no scope may stay open while a value is awaited. */
  #alone(compute: () => NextTokens): NextTokens {
    this.#free();
    this.#eager = this.#device.unscoped(() => {
      using scope = this.#device.scope();
      const { logits, best } = compute();
      return { logits: scope.keep(logits), best: scope.keep(best) };
    });
    return this.#eager;
  }

  #free(): void {
    this.#eager?.logits.dispose();
    this.#eager?.best.dispose();
    this.#eager = undefined;
  }
}

function dtypeOfKeys({ layers }: Lm): "f32" | "f16" {
  return layers[0]?.attention.key.weight.dtype === "f16" ? "f16" : "f32";
}
