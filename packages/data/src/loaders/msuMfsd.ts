/** @file MSU-MFSD: Wen, Han, Jain, "Face spoof detection with image distortion analysis", TIFS 2015. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { frameBox } from "./boxFiles.ts";
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

const train = ["02", "03", "05", "06", "07", "08", "09", "11", "12", "21", "22", "34", "53", "54", "55"];
const test = [
  "01", "13", "14", "23", "24", "26", "28", "29", "30", "32", "33", "35", "36", "37", "39", "42", "48", "49", "50", "51",
]; // prettier-ignore
const published: ReadonlyMap<string, Split> = new Map([
  ...train.map((id) => [id, "train"] as const),
  ...test.map((id) => [id, "test"] as const),
]);
const media: Readonly<Record<string, Exclude<Attack, "none">>> = {
  printed_photo: "print",
  ipad_video: "replay",
  iphone_video: "replay",
};

/** Reads train_sub_list.txt and test_sub_list.txt where they are there; else the published lists stand. */
async function subjectLists(tree: FileTree, report: ProblemReport): Promise<ReadonlyMap<string, Split>> {
  const found = new Map<string, Split>();
  for (const split of ["train", "test"] as const) {
    const path = tree.files.find((file) => file.endsWith(`${split}_sub_list.txt`));
    if (!path) continue;
    for (const [index, line] of (await readText(tree, path)).split("\n").entries()) {
      if (!line.trim()) continue;
      const id = /^\s*(\d{1,3})/.exec(line)?.[1];
      if (!id)
        addProblem(report, "badList", `${path} line ${index + 1}: "${line.trim()}" is no subject's number`);
      else found.set(shortId(id), split);
    }
  }
  return found.size > 0 ? found : published;
}

function shortId(id: string): string {
  return String(Number(id)).padStart(2, "0");
}

/** The loader of MSU-MFSD. */
export const msuMfsd = defineLoader<ReadonlyMap<string, Split> | undefined>({
  name: "msu-mfsd",
  title: "MSU-MFSD",
  page: "https://sites.google.com/site/huhanhomepage/download/",
  verified: {
    layout: true,
    words:
      "File names and subject lists were read in public loaders. The columns of the .face files (frame, left, top, " +
      "right, bottom, eyes) are from memory.",
  },
  encoding: "none: the folder and the file's name say it (real or attack)",
  splitRule:
    "by subject: train_sub_list.txt and test_sub_list.txt of the root, else the published lists; no dev split",
  published: [
    { label: "live", unit: "videos", count: 70, source: "FLIP's lists, whole set" },
    { label: "spoof", unit: "videos", count: 210, source: "FLIP's lists, whole set" },
  ],
  notes: [
    "train_sub_list.txt, test_sub_list.txt (optional)",
    "<video>.face beside a video: a face box a frame (optional)",
  ],
  lists: subjectLists,
  rules: [
    {
      path: "real/real_client{client:\\d+}_{camera:android|laptop}_SD_scene{place:\\d+}",
      media: "video",
      read: (parts, lists) => {
        const subject = shortId(part(parts, "client"));
        const split = (lists ?? published).get(subject);
        if (!split) return { unlabelled: `subject ${subject} stands in neither subject list` };
        return live(split, subject, "real", { camera: part(parts, "camera") });
      },
      box: (stem, _, tree) => frameBox(tree, stem, "", "corners"),
    },
    {
      path: `attack/attack_client{client:\\d+}_{camera:android|laptop}_SD_{medium:${Object.keys(media).join("|")}}_scene{place:\\d+}`,
      media: "video",
      read: (parts, lists) => {
        const subject = shortId(part(parts, "client"));
        const split = (lists ?? published).get(subject);
        if (!split) return { unlabelled: `subject ${subject} stands in neither subject list` };
        const medium = part(parts, "medium");
        return spoof(split, subject, entry(media, medium), medium, { camera: part(parts, "camera") });
      },
      box: (stem, _, tree) => frameBox(tree, stem, "", "corners"),
    },
  ],
});
