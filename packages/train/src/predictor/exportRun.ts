/** @file The judgment of a trained run as ONNX bytes. */

import { channelStatistics } from "@candor/data";
import { exportJudge, Ifas, VitBinary } from "@candor/models";
import type { Device } from "@candor/tensor-core";
import { loadPredictor, type Predictor } from "./predictor.ts";

/**
 * Exports the newest checkpoint of a run's folder, or a checkpoint file inside one.
 *
 * @param warn told of damaged checkpoints that are passed over for an older one
 * @throws Error if the folder is no run, or its method has no judgment path that can be written
 */
export async function exportRun(
  device: Device,
  checkpoint: string,
  warn?: (text: string) => void,
): Promise<{ readonly bytes: Uint8Array; readonly predictor: Predictor }> {
  const predictor = await loadPredictor(device, checkpoint, warn);
  const { model, threshold } = predictor;
  if (!(model instanceof Ifas || model instanceof VitBinary)) {
    throw new Error(`the method ${predictor.method} cannot be written as ONNX; ifas and vit-binary can`);
  }
  const bytes = await exportJudge(model, {
    ...channelStatistics[predictor.config.normalization],
    threshold: threshold.value,
  });
  return { bytes, predictor };
}
