/** @file Building models, and going through their steps, with tensors that have shapes and no memory. */

import { sizeClass } from "../memory/bufferPool.ts";
import { assertNotAsync } from "./assertNotAsync.ts";

/** Bytes that tensors without memory would take. */
class Ledger {
  peakBytes = 0;
  #usedBytes = 0;

  take(bytes: number): void {
    this.#usedBytes += sizeClass(bytes);
    this.peakBytes = Math.max(this.peakBytes, this.#usedBytes);
  }

  give(bytes: number): void {
    this.#usedBytes -= sizeClass(bytes);
  }
}

const ledgers: Ledger[] = [];

/**
 * Runs `build` so that the tensors that it makes have a shape and a dtype, but no memory and no values: what a model
 * would take is known, and checked against files, before a byte of it is allocated. `Module.adopt` gives values.
 *
 * @param build makes modules, or goes through their steps: ops check shapes and run nothing; nothing can be read
 */
export function withoutMemory<T>(build: () => T): T {
  return measureMemory(build).value;
}

/**
 * Finds out how much memory a step would take, without taking it: as {@link withoutMemory}, and counts.
 *
 * @throws TypeError if `build` is async
 * @returns peakBytes: the most bytes that the tensors made in `build` take at once when it really runs, not captured
 */
export function measureMemory<T>(build: () => T): { readonly value: T; readonly peakBytes: number } {
  const ledger = new Ledger();
  ledgers.push(ledger);
  try {
    return { value: assertNotAsync("measureMemory", build()), peakBytes: ledger.peakBytes };
  } finally {
    ledgers.pop();
  }
}

/** @internal True inside of {@link withoutMemory}. */
export function makesNoMemory(): boolean {
  return ledgers.length > 0;
}

/** @internal Counts bytes as taken; gives what counts them as given back. */
export function imagineMemory(bytes: number): () => void {
  const ledger = ledgers.at(-1);
  ledger?.take(bytes);
  return () => ledger?.give(bytes);
}
