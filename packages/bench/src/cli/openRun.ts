/** @file Opens a trained run for scoring and says where it comes from. */

import type { Device } from "@candor/tensor-core";
import { loadPredictor, type Predictor } from "@candor/train";
import type { OpenedRun } from "../protocols/runOneToEleven.ts";
import { currentCommit } from "./currentCommit.ts";

/**
 * Loads the newest checkpoint of a run, or the checkpoint that is named.
 *
 * @param warn told of damaged checkpoints that are passed over
 * @throws Error if the folder is no run or its checkpoint is damaged
 */
export async function openRun(
  device: Device,
  folder: string,
  warn: (text: string) => void,
): Promise<OpenedRun & { readonly predictor: Predictor }> {
  const predictor = await loadPredictor(device, folder, warn);
  return {
    predictor,
    origin: {
      seed: String(predictor.config.seed),
      checkpoint: `${folder}, step ${predictor.step}`,
      adapter: device.info.description,
      threads: device.info.threads,
      commit: currentCommit(),
    },
  };
}
