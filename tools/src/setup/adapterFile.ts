/** @file The choice of an adapter as it lies on disk, `.candor/adapter.json`. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AdapterChoice } from "@candor/tensor-core/device";

/** Rate of the probe's matrix product under one number of driver threads. */
export interface ThreadFigure {
  /** Value of `LP_NUM_THREADS`, or `"unset"`. */
  readonly threads: string;
  /** Median, GFLOP/s. */
  readonly gflops: number;
}

/** What set-up saw when it chose. */
export interface Measured {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
  readonly subgroupSize: number;
  readonly features: readonly string[];
  /** Empty where the driver has no number of threads to choose. */
  readonly threads: readonly ThreadFigure[];
}

/** The choice that the engine follows, with what was measured. */
export interface MeasuredChoice extends AdapterChoice {
  readonly measured: Measured;
}

const fileOf = (root: string): string => join(root, ".candor", "adapter.json");

/**
 * Reads the choice of an earlier set-up.
 *
 * @param root root of the checkout
 * @returns undefined if there is none, or if it is not one that set-up wrote
 */
export function readAdapterFile(root: string): MeasuredChoice | undefined {
  try {
    const choice = JSON.parse(readFileSync(fileOf(root), "utf8")) as Partial<MeasuredChoice>;
    return choice.kind && choice.env && choice.measured ? (choice as MeasuredChoice) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the choice as a whole, so that no other process reads half of it. */
export function writeAdapterFile(root: string, choice: MeasuredChoice): void {
  const file = fileOf(root);
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(choice, undefined, 2)}\n`);
  renameSync(draft, file);
}
