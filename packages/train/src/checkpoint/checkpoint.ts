/** @file Checkpoints: one safetensors file with parameters, optimiser state and position, renamed into place. */

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type AdamW,
  type HostTensor,
  type Module,
  readSafetensors,
  writeSafetensors,
} from "@candor/tensor-core";

/** What a checkpoint holds beside tensors. Random numbers are counter-based, so the step is the random state. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly model: ReadonlyMap<string, HostTensor>;
  readonly optimizer: ReadonlyMap<string, HostTensor>;
  /** Digests of the folders that hold the parameters which it leaves out, by the fields of `pretrained`; empty if it holds all. */
  readonly published: Readonly<Record<string, string>>;
}

/** Parameters that checkpoints leave out, because they stay as folders of published weights hold them. */
export interface LeftOut {
  readonly names: ReadonlySet<string>;
  /** Digests of these folders by the fields of `pretrained`. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Before a field of `pretrained` in the metadata. */
const publishedKey = "published.";
const pattern = /^step-(\d{7})\.safetensors$/;

/** The file of the checkpoint after `step` steps. */
export function checkpointFile(runFolder: string, step: number): string {
  return join(runFolder, "checkpoints", `step-${String(step).padStart(7, "0")}.safetensors`);
}

/**
 * Writes a checkpoint under a temporary name, renames it, then removes all but the newest `keep`.
 *
 * @param leftOut parameters that it does not hold; none by default
 * @returns the file
 */
export async function saveCheckpoint(
  runFolder: string,
  step: number,
  model: Module,
  optimizer: AdamW,
  leftOut: LeftOut = { names: new Set(), digests: {} },
  keep = 2,
): Promise<string> {
  const folder = join(runFolder, "checkpoints");
  mkdirSync(folder, { recursive: true });
  const tensors = new Map<string, HostTensor>();
  for (const [name, { shape, data }] of await model.stateDict((name) => !leftOut.names.has(name))) {
    tensors.set(`model.${name}`, { shape, data });
  }
  for (const [name, moment] of optimizer.state()) {
    const data = (await moment.read()) as Float32Array;
    moment.dispose();
    tensors.set(`optimizer.${name}`, { shape: moment.shape, data });
  }
  const file = checkpointFile(runFolder, step);
  const digests = Object.entries(leftOut.digests).map(([field, digest]) => [publishedKey + field, digest]);
  await writeSafetensors(file, tensors, {
    step: String(step),
    format: "candor-checkpoint-1",
    ...(digests.length > 0 ? { frozen: "published", ...Object.fromEntries(digests) } : {}),
  });
  for (const old of listCheckpoints(runFolder).slice(0, -keep)) rmSync(checkpointFile(runFolder, old));
  return file;
}

/** Steps of the checkpoints of a run, oldest first. */
export function listCheckpoints(runFolder: string): number[] {
  const folder = join(runFolder, "checkpoints");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

/**
 * Reads a checkpoint.
 *
 * @throws SafetensorsError if the file is cut off or damaged; Error if it is no checkpoint of ours
 */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(file);
  if (metadata["format"] !== "candor-checkpoint-1" || !/^\d+$/.test(metadata["step"] ?? "")) {
    throw new Error(
      `${file} is a safetensors file, but not a checkpoint of this program: its metadata has no step`,
    );
  }
  const parts = { model: new Map<string, HostTensor>(), optimizer: new Map<string, HostTensor>() };
  for (const [name, { shape, data }] of tensors) {
    const [part = "", ...rest] = name.split(".");
    if (part !== "model" && part !== "optimizer")
      throw new Error(`${file} holds a tensor of no known part: ${name}`);
    parts[part].set(rest.join("."), { shape, data });
  }
  const published = Object.entries(metadata).flatMap(([key, digest]) =>
    key.startsWith(publishedKey) ? [[key.slice(publishedKey.length), digest] as const] : [],
  );
  return { step: Number(metadata["step"]), ...parts, published: Object.fromEntries(published) };
}

/**
 * The newest checkpoint of a run that can be read; damaged ones after it are named to `onDamaged`.
 *
 * @returns undefined if the run has no checkpoint
 * @throws Error if it has some but none can be read
 */
export async function readLatestCheckpoint(
  runFolder: string,
  onDamaged: (file: string, cause: unknown) => void = () => {},
): Promise<Checkpoint | undefined> {
  const steps = listCheckpoints(runFolder).toReversed();
  for (const step of steps) {
    const file = checkpointFile(runFolder, step);
    try {
      return await readCheckpoint(file);
    } catch (cause) {
      onDamaged(file, cause);
    }
  }
  if (steps.length > 0)
    throw new Error(`no checkpoint of ${runFolder} can be read; train it anew by --overwrite`);
  return undefined;
}

/** Says of a checkpoint that it was passed over, and why. */
export function describeDamage(file: string, cause: unknown): string {
  return `skipped a damaged checkpoint: ${file}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
