/** @file Chooses lavapipe's number of threads by measurement: its own default is not the fastest on every machine. */

import { availableParallelism } from "node:os";
import type { ThreadFigure } from "./adapterFile.ts";
import type { DriverEnv, ProbeResult } from "./probe.ts";
import { SetupError } from "./setupError.ts";

const rounds = 2;
const timings = 10;

/**
 * Times the probe's matrix product with `LP_NUM_THREADS` unset and at 1, 2 and 4 times the number of cores.
 *
 * Rounds alternate between the candidates, so that a burst of other work does not fall on one alone.
 *
 * @param env   variables that select the driver
 * @param probe runs the product in a process of its own
 * @param cores number of cores of this machine
 * @returns one figure per candidate, fastest first
 * @throws SetupError if the driver stops answering
 */
export async function measureThreads(
  env: DriverEnv,
  probe: (env: DriverEnv, timings: number) => Promise<ProbeResult>,
  cores: number = availableParallelism(),
): Promise<ThreadFigure[]> {
  const candidates = [undefined, cores, 2 * cores, 4 * cores].map((count) => count?.toString());
  const rates = new Map<string | undefined, number[]>(candidates.map((threads) => [threads, []]));
  for (let round = 0; round < rounds; round++) {
    for (const threads of candidates) {
      const result = await probe({ ...env, LP_NUM_THREADS: threads }, timings);
      if (!result.ok) throw new SetupError(`with LP_NUM_THREADS ${threads ?? "unset"}: ${result.why}`);
      rates.get(threads)?.push(...result.report.gflops);
    }
  }
  return [...rates]
    .map(([threads, all]) => ({ threads: threads ?? "unset", gflops: Number(median(all).toFixed(2)) }))
    .toSorted((left, right) => right.gflops - left.gflops);
}

function median(values: readonly number[]): number {
  const sorted = [...values].toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
