/** @file Keeps tuned choices in `.candor/tuning`, one file an adapter; in a browser there are none. */

import { inNode } from "../device/inNode.ts";
import type { DeviceInfo } from "../device/openDevice.ts";
import { adapterIdentity, shortHash, Tuning, type TuningRecord } from "./tuning.ts";

/** The choices kept for the adapter, none where there is no file. A file that cannot be used is named in a warning. */
export async function readTuning(info: DeviceInfo): Promise<Tuning> {
  const file = await tuningFile(info);
  if (file === undefined) return new Tuning();
  const { existsSync, readFileSync } = await import("node:fs");
  if (!existsSync(file)) return new Tuning();
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as TuningRecord;
    if (record.adapter !== adapterIdentity(info)) throw new Error(`it is of the adapter ${record.adapter}`);
    return new Tuning(record);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.warn(`${file} is ignored (${why}); "nx run bench:tune" writes it anew.`);
    return new Tuning();
  }
}

/**
 * Keeps the choices for later devices of the adapter.
 *
 * @returns the file
 * @throws Error where there is no file system
 */
export async function writeTuning(info: DeviceInfo, tuning: Tuning): Promise<string> {
  const file = await tuningFile(info);
  if (file === undefined) throw new Error("tuned choices are kept in files, and this host has none");
  const { mkdirSync, renameSync, writeFileSync } = await import("node:fs");
  const { dirname } = await import("node:path");
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(tuning.record(adapterIdentity(info)), undefined, 1)}\n`);
  renameSync(unfinished, file);
  return file;
}

/** In the `.candor` of the working folder or of the nearest folder above it that has one. */
async function tuningFile(info: DeviceInfo): Promise<string | undefined> {
  if (!inNode()) return undefined;
  const { existsSync } = await import("node:fs");
  const { dirname, join } = await import("node:path");
  const name = join(".candor", "tuning", `${shortHash(adapterIdentity(info))}.json`);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".candor"))) return join(folder, name);
    if (dirname(folder) === folder) return join(process.cwd(), name);
  }
}
