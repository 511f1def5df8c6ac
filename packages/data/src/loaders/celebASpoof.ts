/** @file CelebA-Spoof: Zhang et al., "CelebA-Spoof: large-scale face anti-spoofing dataset with rich annotations", ECCV 2020. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { usableBox } from "./boxFiles.ts";
import { live, spoof } from "./datasetLoader.ts";
import type { BoxFile, Reading } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

/** Fields 40 to 43 of a label row: spoof type, illumination, environment, live (0) or spoof (1). */
export type CelebALabels = ReadonlyMap<string, readonly number[]>;

const rowLength = 44;
const types: readonly (readonly [string, Attack])[] = [
  ["Live", "none"],
  ["Photo", "print"],
  ["Poster", "print"],
  ["A4", "print"],
  ["Face Mask", "cutout"],
  ["Upper Body Mask", "cutout"],
  ["Region Mask", "partial"],
  ["PC", "replay"],
  ["Pad", "replay"],
  ["Phone", "replay"],
  ["3D Mask", "rigidMask"],
];
const lights = ["live", "normal", "strong", "back", "dark"];
const places = ["live", "indoor", "outdoor"];

/** Reads fields 40 to 43 of every row of the label files. */
export async function celebALabels(tree: FileTree, report: ProblemReport): Promise<CelebALabels> {
  const rows = new Map<string, readonly number[]>();
  for (const path of tree.files.filter((file) => /(^|\/)intra_test\/(train|test)_label\.json$/.test(file))) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(await readText(tree, path));
    } catch (error) {
      addProblem(report, "badList", `${path}: ${error instanceof Error ? error.message : error}`);
      continue;
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      addProblem(report, "badList", `${path}: it must be an object of image path to ${rowLength} numbers`);
      continue;
    }
    for (const [image, row] of Object.entries(parsed)) {
      const whole = Array.isArray(row) && row.length === rowLength && row.every(Number.isInteger);
      if (whole) rows.set(image, (row as number[]).slice(40));
      else
        addProblem(
          report,
          "badList",
          `${path}: ${image} has ${lengthOf(row)}, not ${rowLength} whole numbers`,
        );
    }
  }
  return rows;
}

function lengthOf(row: unknown): string {
  return Array.isArray(row) ? `${row.length} values` : typeof row;
}

/**
 * What a label row says of an image.
 * @param split the folder's split
 * @param subject the folder's number
 * @param word the folder's word
 * @param row fields 40 to 43, or undefined where the label files do not name the image
 */
export function celebAReading(
  split: Split,
  subject: string,
  word: string,
  row: readonly number[] | undefined,
): Reading {
  if (!row) {
    if (word === "live") return live(split, subject, "Live");
    return {
      unlabelled: "no row of the label files says which attack it is (metas/intra_test/*_label.json)",
    };
  }
  const [type = -1, light = -1, place = -1, fake = -1] = row;
  const known = types[type];
  if (!known || (fake !== 0 && fake !== 1))
    return { unlabelled: `field 40 is ${type} and field 43 is ${fake}` };
  if ((fake === 1) !== (word === "spoof")) return { conflict: `field 43 is ${fake} in the folder ${word}` };
  const [code, attack] = known;
  if ((attack === "none") !== (fake === 0))
    return { conflict: `field 40 is ${type} (${code}) and field 43 is ${fake}` };
  const scene = { light: lights[light] ?? String(light), place: places[place] ?? String(place) };
  return attack === "none" ? live(split, subject, code) : spoof(split, subject, attack, code, scene);
}

/** `x y w h score`, in units of 1/224 of the image's width and height. */
function celebABox(tree: FileTree, stem: string): BoxFile | undefined {
  const path = `${stem}_BB.txt`;
  if (!tree.has(path)) return undefined;
  return {
    path,
    parse: (text, _, width, height) => {
      const words = text.trim().split(/\s+/);
      if (words.length < 4) return undefined;
      const [x = 0, y = 0, w = 0, h = 0] = words.map(Number);
      return usableBox(
        [(x * width) / 224, (y * height) / 224, (w * width) / 224, (h * height) / 224],
        width,
        height,
      );
    },
  };
}

/** The loader of CelebA-Spoof. */
export const celebASpoof = defineLoader<CelebALabels>({
  name: "celeba-spoof",
  title: "CelebA-Spoof",
  page: "https://github.com/ZhangYuanhan-AI/CelebA-Spoof",
  verified: {
    layout: true,
    words:
      "Folders, the 44 fields and the box files were read in the data set's own repository and issues. That masks of " +
      "paper become cutout, and a mask over a region partial, is ours.",
  },
  encoding: "field 43 of the label row: 0 is live, 1 is spoof; it is held against the folder's word",
  splitRule: "Data/train is train, Data/test is test; there is no dev split",
  published: [
    {
      label: "live",
      unit: "images",
      count: 156_384,
      source: "DeepFAS; the label files name fewer: 561,575 in all",
    },
    { label: "spoof", unit: "images", count: 469_153, source: "as above" },
  ],
  notes: [
    "metas/intra_test/{train,test}_label.json: image path to 44 numbers (needed for spoofs)",
    "<image>_BB.txt beside an image: a face box (optional)",
  ],
  lists: celebALabels,
  announced: function* (rows, tree) {
    // Who has unpacked the test images only is not told that 494,405 training images are missing.
    for (const split of ["train", "test"]) {
      const start = `Data/${split}/`;
      if (!tree.files.some((file) => file.includes(start))) continue;
      for (const image of rows.keys()) if (image.startsWith(start)) yield image;
    }
  },
  rules: [
    {
      path: "Data/{split:train|test}/{subject:\\d+}/{label:live|spoof}/{image:[^/]+}",
      media: "image",
      read: (parts, rows, stem) => {
        const base = stem.slice(stem.lastIndexOf("Data/"));
        const row = ["jpg", "png", "jpeg"].map((end) => rows.get(`${base}.${end}`)).find((found) => found);
        return celebAReading(parts.split as Split, part(parts, "subject"), part(parts, "label"), row);
      },
      box: (stem, _, tree) => celebABox(tree, stem),
    },
  ],
});
