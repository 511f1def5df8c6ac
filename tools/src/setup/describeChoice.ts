/** @file Says in a sentence which adapter was chosen, and why. */

import type { MeasuredChoice } from "./adapterFile.ts";

/**
 * Describes a choice in one or two sentences.
 *
 * @param choice as set-up found or read it
 */
export function describeChoice({ kind, reason, env, measured }: MeasuredChoice): string {
  const place = measured.software ? "on the CPU" : "in hardware";
  const first = `${kind} (${measured.description || measured.vendor}, ${place}), because ${reason}.`;
  if (measured.threads.length === 0) return first;
  const fastest = env["LP_NUM_THREADS"] ?? "unset";
  const figures = measured.threads.map(({ threads, gflops }) => `${threads} ${gflops.toFixed(1)}`).join(", ");
  return `${first} LP_NUM_THREADS ${fastest} was the fastest (GFLOP/s: ${figures}).`;
}
