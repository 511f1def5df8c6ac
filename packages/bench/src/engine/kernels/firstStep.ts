/** @file The first training step of a process, with an empty shader cache and with a full one. */

import type { BenchCase } from "../peers/benchCase.ts";
import type { PeerResults } from "../peers/runPeers.ts";

export interface FirstStep {
  /** With an empty `MESA_SHADER_CACHE_DIR`, in a process of its own. */
  readonly coldMs: number | undefined;
  readonly warmMs: number | undefined;
}

/**
 * Times both.
 *
 * @param run runs cases of our engine in a process of their own
 */
export async function timeFirstStep(
  run: (cases: readonly BenchCase[]) => Promise<Pick<PeerResults, "cases"> | undefined>,
): Promise<FirstStep> {
  // Fills the cache: nobody may have run this version of the kernels here yet.
  await run([{ kind: "step" }]);
  const ours = await run([{ kind: "step" }, { kind: "coldStep" }]);
  return {
    coldMs: ours?.cases["coldStep"]?.timing?.firstMs,
    warmMs: ours?.cases["step"]?.timing?.firstMs,
  };
}
