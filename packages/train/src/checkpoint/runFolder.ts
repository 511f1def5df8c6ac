/** @file A run's folder: its configuration, and whether a training may begin or go on in it. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRunConfig, type RunConfig } from "../recipes/runConfig.ts";
import { type Checkpoint, describeDamage, listCheckpoints, readLatestCheckpoint } from "./checkpoint.ts";
import { describeChanges } from "./describeChanges.ts";

/** Where a run logs its measures. */
export function metricsFile(runFolder: string): string {
  return join(runFolder, "metrics.jsonl");
}

/** Where the benchmark leaves the threshold that it chose on the source's dev split. */
export function thresholdFile(runFolder: string): string {
  return join(runFolder, "threshold.json");
}

/** Where a run keeps its whole configuration. */
function configFile(runFolder: string): string {
  return join(runFolder, "config.json");
}

/**
 * The configuration of a run.
 *
 * @throws Error if the folder has none, or one that is not valid
 */
export function readRunConfig(runFolder: string): RunConfig {
  const file = configFile(runFolder);
  if (!existsSync(file)) throw new Error(`${runFolder} is no run: it has no config.json`);
  return parseRunConfig(JSON.parse(readFileSync(file, "utf8")));
}

/** Saves the whole configuration, so that the run can be made again from its folder alone. */
export function writeRunConfig(runFolder: string, config: RunConfig): void {
  const file = configFile(runFolder);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(config, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}

/** What a training does with the run that its folder may hold. */
export interface FolderUse {
  /** The run's folder; made if it is missing. */
  readonly folder: string;
  /** Go on from the newest checkpoint of the folder. */
  readonly resume: boolean;
  /** Begin anew where the folder holds checkpoints; what they gave is removed. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Where the training begins; nothing is written.
 *
 * @param warn told of damaged checkpoints that are passed over
 * @returns the checkpoint to go on from; undefined if the training begins anew
 * @throws Error if a new training finds checkpoints, or one that goes on finds none or another configuration
 */
export async function readStart(
  config: RunConfig,
  { folder, resume, overwrite = false }: FolderUse,
  warn: (text: string) => void,
): Promise<Checkpoint | undefined> {
  const steps = listCheckpoints(folder);
  if (resume && overwrite) throw new Error("--resume goes on and --overwrite begins anew: leave one out");
  if (!resume) {
    if (steps.length === 0 || overwrite) return undefined;
    throw new Error(
      `${folder} holds a run already, with checkpoints up to step ${steps.at(-1)}: go on with it by --resume, name ` +
        "another --out, or remove its checkpoints, metrics and threshold by --overwrite",
    );
  }
  if (steps.length === 0)
    throw new Error(`${folder} has no checkpoint to resume from; start without --resume`);
  const changes = describeChanges(readRunConfig(folder), config);
  if (changes.length > 0) {
    throw new Error(
      `${folder} goes on by its own config.json only, and what is given differs:\n  ${changes.join("\n  ")}\n` +
        "leave this out to go on, or train it in another --out",
    );
  }
  return await readLatestCheckpoint(folder, (file, cause) => warn(describeDamage(file, cause)));
}

/** Makes the folder for a run that begins: what an earlier one left would pass for its own. */
export function clearRun(runFolder: string): void {
  const checkpoints = join(runFolder, "checkpoints");
  for (const left of [checkpoints, metricsFile(runFolder), thresholdFile(runFolder)]) {
    rmSync(left, { recursive: true, force: true });
  }
  mkdirSync(checkpoints, { recursive: true });
}
