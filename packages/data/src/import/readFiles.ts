/** @file Turns planned files into manifest rows: opens images, takes frames out of videos and HDF5 recordings. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { countFrames, extractFrames } from "../frames/ffmpeg.ts";
import { sampledFrames } from "../frames/frameSampling.ts";
import type { FrameSampling } from "../frames/frameSampling.ts";
import { openHdf5 } from "../frames/hdf5Frames.ts";
import type { Box, PlannedFile } from "../loaders/datasetLoader.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { readText } from "./fileTree.ts";
import type { FileTree } from "./fileTree.ts";
import { mapPool } from "./pool.ts";
import { probeImage } from "./probeImage.ts";
import { addProblem } from "./problems.ts";
import type { ProblemReport } from "./problems.ts";

/** Where things lie and how frames are chosen. */
export interface ReadOptions {
  tree: FileTree;
  report: ProblemReport;
  /** The manifest's folder. */
  folder: string;
  /** The root as seen from the manifest's folder, "" or ending in "/". */
  rootPath: string;
  /** Where extracted frames go, relative to the manifest's folder. */
  framePath: string;
  sampling: FrameSampling;
  onProgress?: (done: number) => void;
}

/**
 * Reads every planned file. What cannot be read is reported and left out.
 * @param planned the loader's files
 * @param options where and how
 * @returns rows in the files' order, frames of a recording in turn
 */
export async function readFiles(
  planned: readonly PlannedFile[],
  options: ReadOptions,
): Promise<ManifestRow[]> {
  const boxes = new Map<string, Promise<string>>();
  let done = 0;
  const rows = await mapPool(planned, async (file) => {
    const found = await readOne(file, options, boxes).catch((error: Error) => {
      addProblem(options.report, "unreadable", `${file.path}: ${withoutTag(error.message)}`);
      return [];
    });
    options.onProgress?.(++done);
    return found;
  });
  return rows.flat();
}

async function readOne(
  file: PlannedFile,
  options: ReadOptions,
  boxes: Map<string, Promise<string>>,
): Promise<ManifestRow[]> {
  if (file.media === "image") {
    return [await toRow(file, options, boxes, file.frame, options.rootPath + file.path, file.path)];
  }
  const source = join(options.tree.root, file.path);
  const target = (frame: number): string =>
    `${options.framePath}${file.path}.${String(frame).padStart(6, "0")}.png`;
  const recording = file.media === "video" ? videoOf(source) : await openHdf5(source, file.hdf5);
  try {
    const wanted = sampledFrames(options.sampling, await recording.count());
    const there = await Promise.all(wanted.map((frame) => exists(join(options.folder, target(frame)))));
    // An interrupted import goes on where it stopped: frames get their name only when they are whole.
    const missing = wanted.filter((_, i) => !there[i]);
    const got =
      missing.length > 0
        ? await recording.extract(missing, (frame) => join(options.folder, target(frame)))
        : [];
    const lost = missing.filter((frame) => !got.includes(frame));
    if (lost.length > 0) {
      addProblem(options.report, "unreadable", `${file.path}: frame ${lost.join(", ")} cannot be decoded`);
    }
    const kept = wanted.filter((frame) => !lost.includes(frame));
    const rows: ManifestRow[] = [];
    for (const frame of kept)
      rows.push(await toRow(file, options, boxes, frame, target(frame), `${file.path}#${frame}`));
    return rows;
  } finally {
    recording.close();
  }
}

/** A recording whose frames can be counted and written as PNG files. */
export interface Recording {
  count(): Promise<number>;
  extract(frames: readonly number[], target: (frame: number) => string): Promise<number[]>;
  close(): void;
}

function videoOf(file: string): Recording {
  return {
    count: () => countFrames(file),
    extract: (frames, target) => extractFrames(file, frames, target),
    close: () => undefined,
  };
}

async function toRow(
  file: PlannedFile,
  options: ReadOptions,
  boxes: Map<string, Promise<string>>,
  frame: number,
  path: string,
  id: string,
): Promise<ManifestRow> {
  const { width, height, sha256 } = await probeImage(join(options.folder, path));
  const own = await ownBox(file, options, boxes, frame, width, height);
  const { dataset, split, subject, video, label, attack, attackCode, scene = {} } = file;
  return {
    id: `${dataset}:${id}`,
    dataset,
    split,
    subject,
    video,
    frame,
    path,
    label,
    attack,
    attackCode,
    box: own ?? [0, 0, width, height],
    width,
    height,
    sha256,
    captionGeneral: "",
    captionSpoof: "",
    scene: JSON.stringify(own ? { ...scene, box: "data set" } : scene),
  };
}

async function ownBox(
  file: PlannedFile,
  options: ReadOptions,
  boxes: Map<string, Promise<string>>,
  frame: number,
  width: number,
  height: number,
): Promise<Box | undefined> {
  if (!file.box) return undefined;
  const { path, parse } = file.box;
  // The frames of one recording share a file; an image's own file is read once and not kept.
  const shared = file.media !== "image";
  const text = await ((shared && boxes.get(path)) || readText(options.tree, path));
  if (shared) boxes.set(path, Promise.resolve(text));
  const box = parse(text, frame, width, height);
  if (!box) {
    addProblem(
      options.report,
      "emptyBox",
      `${path}${shared ? `, frame ${frame}` : ""}: ${text.trim() ? "no box that can be used" : "the file is empty"}`,
    );
  }
  return box;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The report names the file already. */
function withoutTag(message: string): string {
  return message.replace(/^\[\w+\] (cannot read \S+: )?/, "");
}
