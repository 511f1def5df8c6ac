/** @file Frozen parameters of published weights: checkpoints leave them out, and a run's folder is opened with them again. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Device, type Module, openWeights } from "@candor/tensor-core";
import type { Checkpoint, LeftOut } from "../checkpoint/checkpoint.ts";
import type { RunConfig } from "../recipes/runConfig.ts";
import { openParts, type Pretrained } from "./pretrainedParts.ts";
import { type PublishedField, publishedField, weightDTypes } from "./weightDTypes.ts";

/**
 * What checkpoints of a run leave out.
 *
 * @param names   parameters that are as the folders of `pretrained` hold them
 * @param digests of these folders where they are known; the others are read
 */
export async function leavingOut(
  config: RunConfig,
  names: Iterable<string>,
  digests: LeftOut["digests"] = {},
): Promise<LeftOut> {
  const left = new Set<string>();
  const fields = new Set<PublishedField>();
  for (const name of names) {
    const field = publishedField(config, name);
    if (field === undefined) continue;
    left.add(name);
    fields.add(field);
  }
  const all: Record<string, string> = {};
  for (const field of fields) {
    all[field] = digests[field] ?? (await digestOf(config.pretrained[field] as string));
  }
  return { names: left, digests: all };
}

/**
 * What checkpoints of a run that goes on from another leave out: what the other's leaves out, where both name the same folder.
 *
 * @param given configuration of the other run
 * @param model with the other run's parameters
 */
export function leftOutAgain(
  config: RunConfig,
  given: RunConfig,
  model: Module,
  checkpoint: Checkpoint,
): Promise<LeftOut> {
  const same = (field: PublishedField) => {
    const [folder, other] = [config.pretrained[field], given.pretrained[field]];
    return folder !== undefined && other !== undefined && resolve(folder) === resolve(other);
  };
  const names = [...model.namedParameters().keys()].filter((name) => {
    const field = publishedField(config, name);
    return field !== undefined && same(field) && !checkpoint.model.has(name);
  });
  return leavingOut(config, names, checkpoint.published);
}

/**
 * Opens the folders that hold what a checkpoint leaves out; nothing if it holds all.
 *
 * @param config of the run, with the dtypes of `as`
 * @throws Error that names the folder and its field if it has moved or holds other weights
 */
export async function reopenPublished(
  device: Device,
  config: RunConfig,
  run: string,
  { published }: Checkpoint,
  as: RunConfig = config,
): Promise<Pretrained> {
  for (const [field, digest] of Object.entries(published)) {
    const folder = config.pretrained[field as PublishedField];
    const place = `pretrained.${field} of ${join(run, "config.json")}`;
    if (folder === undefined) {
      throw new Error(
        `the checkpoint leaves out frozen published weights, and ${place} names no folder with them`,
      );
    }
    const now = await digestOf(folder).catch((cause: Error) => {
      throw new Error(
        `the checkpoint leaves the frozen weights to ${folder}, which cannot be read (${cause.message}): ` +
          `put the folder back, or its new place into ${place}`,
        { cause },
      );
    });
    assertSame(folder, place, now, digest);
  }
  const { vision, lm } = config.pretrained;
  const pretrained = {
    ...("vision" in published ? { vision } : {}),
    ...("lm" in published ? { lm } : {}),
  };
  return await openParts(device, { ...config, pretrained }, weightDTypes(as));
}

/**
 * Loads a checkpoint's parameters; the frozen published ones that it leaves out stay as they are.
 *
 * @param config of the checkpoint's run
 * @throws Error if another parameter is missing, ShapeError if one is surplus or of another shape; nothing is written then
 */
export function loadParameters(model: Module, config: RunConfig, checkpoint: Checkpoint): void {
  const { model: state, published, step } = checkpoint;
  const mayLack = (name: string) => {
    const field = publishedField(config, name);
    return field !== undefined && field in published;
  };
  const missing = [...model.namedParameters().keys()].find((name) => !state.has(name) && !mayLack(name));
  if (missing !== undefined) {
    throw new Error(
      `the checkpoint of step ${step} lacks ${missing}, which is no frozen parameter of a published folder by the ` +
        "run's configuration: give it the pretrained, lora and groups that it was trained with",
    );
  }
  model.loadStateDict(state, (name) => state.has(name) || !mayLack(name));
}

function assertSame(folder: string, place: string, now: string | undefined, then: string): void {
  if (now === then) return;
  throw new Error(
    `${folder} holds other weights than those that the checkpoint was trained over: put these back, or their place ` +
      `into ${place}`,
  );
}

/** Bytes of each tensor that a digest covers: enough to tell fine-tuned weights from the original, and read at once. */
const sampledBytes = 256;

/** SHA-256 of a folder's config.json, of the table of its tensors and of the first bytes of each. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash("sha256").update(await readFile(join(folder, "config.json")));
  const weights = await openWeights(folder);
  try {
    for (const { name, dtype, shape, start, end, source } of weights.entries.values()) {
      hash.update(JSON.stringify([name, dtype, shape]));
      hash.update(await source.read(start, Math.min(end, start + sampledBytes)));
    }
  } finally {
    await weights.close();
  }
  return hash.digest("hex");
}
