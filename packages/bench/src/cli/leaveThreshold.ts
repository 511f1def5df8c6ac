/** @file Leaves the deployable threshold in the run's folder, where `train:predict` finds it. */

import { stat } from "node:fs/promises";
import { thresholdFile, type Threshold } from "@candor/train";
import type { RunResult } from "../report/report.ts";
import { writeAtomically } from "../scores/writeAtomically.ts";

/**
 * Writes the dev threshold, if there is one that accepts anything.
 *
 * @param folder run folder; a checkpoint file gets none, because the threshold holds for the newest checkpoint
 * @param step of the checkpoint that was scored
 * @returns the file, or `null` if none was written
 */
export async function leaveThreshold(
  folder: string,
  step: number,
  run: RunResult,
  source: string,
): Promise<string | null> {
  const { devThreshold, devVideos } = run;
  if (devThreshold === null || devThreshold > 1 || !(await stat(folder)).isDirectory()) return null;
  const threshold: Threshold = {
    value: devThreshold,
    source: `EER threshold of the dev split of ${source}, ${devVideos} videos, ${run.metadata.checkpoint}`,
    step,
  };
  const file = thresholdFile(folder);
  await writeAtomically(file, `${JSON.stringify(threshold, null, 2)}\n`);
  return file;
}
