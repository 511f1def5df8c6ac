/** @file CASIA-SURF: Zhang et al., "A dataset and benchmark for large-scale multi-modal face anti-spoofing", CVPR 2019. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { Training: "train", Val: "dev", Testing: "test" };

/** Colour image, without its extension, to what the challenge's list says of it. */
type Lists = ReadonlyMap<string, boolean>;

/** Reads the challenge's lists: colour, depth, infrared, label, with 1 for live. */
async function challengeLists(tree: FileTree, report: ProblemReport): Promise<Lists> {
  const found = new Map<string, boolean>();
  for (const path of tree.files.filter((file) => /(train|val_private|test_private)_list\.txt$/.test(file))) {
    for (const [index, line] of (await readText(tree, path)).split(/\r?\n/).entries()) {
      if (!line.trim()) continue;
      const words = line.trim().split(/\s+/);
      const label = words.at(-1);
      if (words.length !== 4 || (label !== "0" && label !== "1")) {
        addProblem(
          report,
          "badList",
          `${path} line ${index + 1}: not "color depth ir label": ${line.trim()}`,
        );
      } else found.set((words[0] as string).replace(/\.\w+$/, ""), label === "1");
    }
  }
  return found;
}

/** The loader of CASIA-SURF, colour images. */
export const casiaSurf = defineLoader<Lists>({
  name: "casia-surf",
  title: "CASIA-SURF",
  page: "https://github.com/liuajian/CASIA-FAS-Dataset (on request, research only)",
  verified: {
    layout: true,
    words:
      "Both trees were read in public loaders and lists. That all six attacks (parts of a flat or bent print cut out) " +
      "become cutout is ours, and the parts cut out are from memory. Depth and infrared are not read.",
  },
  encoding:
    "the folder says it (real_part or fake_part); the challenge's lists use 1 for live, the authors' later lists 0: " +
    "where a folder and a list disagree it is a conflict",
  splitRule: "Training is train, Val is dev, Testing is test",
  published: [
    {
      label: "live",
      split: "train",
      unit: "images",
      count: 8_942,
      source: "from memory; adds up to the 29,266 of the lists",
    },
    {
      label: "spoof",
      split: "train",
      unit: "images",
      count: 20_324,
      source: "from memory; adds up to the 29,266 of the lists",
    },
  ],
  notes: [
    "train_list.txt, val_private_list.txt, test_private_list.txt: `color depth ir label` (needed for Val and Testing)",
  ],
  lists: challengeLists,
  announced: (lists) => lists.keys(),
  rules: [
    {
      path: "{split:Training|Val|Testing}/{part:real_part|fake_part}/{subject:[^/]+}/{clip:[^/]+}/{channel:color|depth|ir|profile}/{frame:\\d+}",
      media: "image",
      video: (_, stem) => stem.split("/").slice(0, -2).join("/"),
      read: (parts, lists, stem) => {
        if (parts.channel !== "color" && parts.channel !== "profile")
          return { skip: "depth and infrared images" };
        const genuine = parts.part === "real_part";
        const listed = lists.get(stem.slice(stem.search(/(Training|Val|Testing)\//)));
        if (listed !== undefined && listed !== genuine) {
          return { conflict: `the folder ${parts.part}, but the list says ${listed ? "1 (live)" : "0"}` };
        }
        const [split, subject] = [entry(splits, parts.split), part(parts, "subject")];
        return genuine
          ? live(split, subject, "real")
          : spoof(split, subject, "cutout", `attack ${part(parts, "clip").replace(/\..*$/, "")}`);
      },
    },
    {
      path: "{split:Val|Testing}/{group:\\d+}/{number:\\d+}-{channel:color|depth|ir}",
      media: "image",
      read: (parts, lists, stem) => {
        if (parts.channel !== "color") return { skip: "depth and infrared images" };
        const genuine = lists.get(stem.slice(stem.search(/(Val|Testing)\//)));
        if (genuine === undefined) return { unlabelled: "no list of the challenge gives its label" };
        // Names hide the person: each image stands for itself.
        const subject = `${parts.split}-${part(parts, "number")}`;
        const split = entry(splits, parts.split);
        return genuine ? live(split, subject, "real") : spoof(split, subject, "cutout", "attack");
      },
    },
  ],
});
