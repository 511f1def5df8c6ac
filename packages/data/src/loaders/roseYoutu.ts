/** @file Rose-Youtu: Li et al., "Unsupervised domain adaptation for face anti-spoofing", TIFS 2018. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { live, spoof } from "./datasetLoader.ts";
import type { Sample } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import type { Parts } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { train: "train", adaptation: "train", test: "test" };
const attacks: Readonly<Record<string, Exclude<Attack, "none">>> = {
  Ps: "print", Pq: "print", Vl: "replay", Vm: "replay", Mc: "cutout", Mf: "cutout", Mu: "partial", Ml: "partial",
}; // prettier-ignore
const name =
  "{type:G|Ps|Pq|Vl|Vm|Mc|Mf|Mu|Ml}_{talking:T|NT}_{device:HS|HW|IP|5s|ZTE}_{glasses:g|wg}_{place:[^_/]+}_{person:\\d+}_{index:\\d+}";

function read(parts: Parts): Sample {
  const split = entry(splits, parts.split);
  const type = part(parts, "type");
  const scene = { camera: part(parts, "device"), glasses: parts.glasses === "g" ? "yes" : "no" };
  const person = part(parts, "person");
  return type === "G"
    ? live(split, person, type, scene)
    : spoof(split, person, entry(attacks, type), type, scene);
}

async function clientLists(tree: FileTree, report: ProblemReport): Promise<string[]> {
  const announced: string[] = [];
  for (const list of ["adaptation_list.txt", "test_list.txt"]) {
    const path = tree.files.find((file) => file === list || file.endsWith(`/${list}`));
    if (!path) continue;
    for (const [index, line] of (await readText(tree, path)).split("\n").entries()) {
      if (!line.trim()) continue;
      const words = line.trim().split(/\s+/);
      if (words.length === 3) announced.push(words[0] as string);
      else
        addProblem(
          report,
          "badList",
          `${path} line ${index + 1}: ${words.length} words, not "path id label"`,
        );
    }
  }
  return announced;
}

/** The loader of Rose-Youtu: the videos, and the client release of images. */
export const roseYoutu = defineLoader<string[]>({
  name: "rose-youtu",
  title: "Rose-Youtu",
  page: "https://rose1.ntu.edu.sg/dataset/faceLivenessDetection/",
  verified: {
    layout: true,
    words:
      "Both layouts and the type letters were read in public loaders. That Mc and Mf become cutout and Mu and Ml " +
      "partial is ours: all four are masks of paper.",
  },
  encoding:
    "none: the name's first letters say it (G live, P print, V replay, M paper mask); the lists' third word is not used",
  splitRule: "train and adaptation are train, test is test; there is no dev split",
  published: [
    { label: "live", unit: "videos", count: 500, source: "DeepFAS and SSAN, whole set" },
    { label: "spoof", unit: "videos", count: 2850, source: "DeepFAS and SSAN, whole set" },
  ],
  notes: ["adaptation_list.txt, test_list.txt: lines `path id label` (client release, optional)"],
  lists: clientLists,
  announced: (lists) => lists,
  rules: [
    { path: `{split:train|test}/{folder:_?\\d+}/${name}`, media: "video", read },
    {
      path: `{split:adaptation|test}/{folder:[^/]+}/{id:\\d+}_${name}`,
      media: "image",
      read,
      // The last number counts the images of one recording.
      video: (_, stem) => stem.replace(/_\d+$/, ""),
    },
  ],
});
