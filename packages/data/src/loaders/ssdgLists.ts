/** @file SSDG's JSON lists and pre-extracted frames: Jia et al., "Single-side domain generalization for face anti-spoofing", CVPR 2020. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { casiaMfsd } from "./casiaMfsd.ts";
import type { DatasetLoader, PlannedFile } from "./datasetLoader.ts";
import type { RuleLoader } from "./defineLoader.ts";
import { frameNames, mediaOf } from "./mediaFiles.ts";
import { msuMfsd } from "./msuMfsd.ts";
import { ouluNpu } from "./ouluNpu.ts";
import { replayAttack } from "./replayAttack.ts";

const sets: Readonly<Record<string, RuleLoader>> = {
  msu: msuMfsd,
  casia: casiaMfsd,
  replay: replayAttack,
  oulu: ouluNpu,
};

async function plan(tree: FileTree, report: ProblemReport): Promise<PlannedFile[]> {
  const planned = new Map<string, PlannedFile>();
  for (const list of tree.files.filter((file) =>
    /(^|\/)\w+\/(train|valid|test|all|real|fake)_label\.json$/.test(file),
  )) {
    const key = list.split("/").at(-2) as string;
    const loader = sets[key];
    if (!loader) {
      addProblem(
        report,
        "badList",
        `${list}: the folder "${key}" is none of ${Object.keys(sets).join(", ")}`,
      );
      continue;
    }
    for (const [index, item] of entries(await readText(tree, list), list, report).entries()) {
      const { photo_path: photo, photo_label: label } = item as {
        photo_path?: unknown;
        photo_label?: unknown;
      };
      if (typeof photo !== "string" || (label !== 0 && label !== 1)) {
        addProblem(report, "badList", `${list} item ${index}: ${JSON.stringify(item)?.slice(0, 120)}`);
        continue;
      }
      const path = placeOf(tree, photo);
      if (!path) {
        addProblem(report, "missing", `${photo} (${list})`);
        continue;
      }
      const file = planFrame(loader, path, label === 1);
      if (typeof file === "string") addProblem(report, "conflict", `${path}: ${file}`);
      else planned.set(path, file);
    }
  }
  return [...planned.values()];
}

function entries(text: string, list: string, report: ProblemReport): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed;
    addProblem(report, "badList", `${list}: it must be a list of {photo_path, photo_label}`);
  } catch (error) {
    addProblem(report, "badList", `${list}: ${error instanceof Error ? error.message : error}`);
  }
  return [];
}

/** The lists hold absolute paths of the authors' machine: the longest end that exists under the root counts. */
function placeOf(tree: FileTree, photo: string): string | undefined {
  const segments = photo.split("/").filter(Boolean);
  for (let dropped = 0; dropped < segments.length; dropped++) {
    const path = segments.slice(dropped).join("/");
    if (tree.has(path)) return path;
  }
  return undefined;
}

function planFrame(loader: RuleLoader, path: string, genuine: boolean): PlannedFile | string {
  const stem = mediaOf(path)?.stem ?? path;
  for (const { stem: video, frame } of frameNames(stem)) {
    const reading = loader.readStem(video);
    if (!reading || !("label" in reading)) continue;
    if ((reading.label === "live") !== genuine) {
      return `photo_label ${genuine ? 1 : 0}, but the path says ${reading.label} (${reading.attackCode})`;
    }
    return { ...reading, dataset: loader.title, path, media: "image", video, frame };
  }
  return `the path is not one of ${loader.title}'s frames`;
}

/** The loader of SSDG's lists. Rows keep the names of the data sets that the frames come from. */
export const ssdgLists: DatasetLoader = {
  name: "ssdg-lists",
  title: "SSDG",
  page: "https://github.com/taylover-pei/SSDG-CVPR2020",
  verified: {
    layout: true,
    words:
      "The lists' form was read in SSDG's generate_label.py, which writes them; the lists themselves are not published.",
  },
  encoding: "photo_label: 1 is real, 0 is fake; it is held against the frame's path",
  splitRule: "the data set's own split, from the frame's path",
  layout: [
    "{msu,casia,replay,oulu}/{train,valid,test,all,real,fake}_label.json: [{photo_path, photo_label}]",
    "the frames where the end of photo_path says, such as casia_256/train_release/1/HR_1/000.png",
  ],
  published: [],
  plan,
};
