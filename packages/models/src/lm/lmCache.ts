/** @file Keys and values of every layer, so that each token is computed once. */

import { type Device, type KeyValueCache, keyValueCache } from "@candor/tensor-core";
import { ConfigError } from "../configError.ts";
import { headWidthOf, type LmConfig } from "./lmConfig.ts";

/** The caches of an {@link Lm}'s layers. */
export class LmCache implements Disposable {
  readonly layers: readonly KeyValueCache[];
  readonly batch: number;
  /** Most tokens of a batch item. */
  readonly capacity: number;

  /**
   * Caches without a token; they belong to the open scope.
   *
   * @param dtype of keys and values; f16 takes half the memory
   * @throws ConfigError if the model cannot read as many tokens, before anything is allocated
   */
  constructor(
    device: Device,
    config: LmConfig,
    batch: number,
    capacity: number,
    dtype: "f32" | "f16" = "f32",
  ) {
    assertReadable(config, capacity);
    this.batch = batch;
    this.capacity = capacity;
    this.layers = Array.from({ length: config.layers }, () =>
      keyValueCache(device, batch, capacity, config.kvHeads, headWidthOf(config), dtype),
    );
  }

  dispose(): void {
    for (const { keys, values } of this.layers) {
      keys.dispose();
      values.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function assertReadable({ maxPositions, ropeScaling }: LmConfig, capacity: number): void {
  if (maxPositions !== undefined && capacity > maxPositions) {
    throw new ConfigError(
      `[lm] ${capacity} tokens are more than the ${maxPositions} that the model reads: shorten the prompt or maxTokens`,
    );
  }
  if (ropeScaling?.kind === "dynamic" && capacity > ropeScaling.originalLength) {
    throw new ConfigError(
      `[lm] dynamic rotary scaling turns all earlier keys anew beyond ${ropeScaling.originalLength} tokens, which a cache ` +
        `cannot: keep prompt and answer within that, got ${capacity}`,
    );
  }
}
