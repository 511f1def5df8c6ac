/** @file SiW-M-v2: Guo et al., "Multi-domain learning for updating face anti-spoofing models", ECCV 2022. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { live, spoof } from "./datasetLoader.ts";
import type { Reading, Sample } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

const attacks: Readonly<Record<string, Exclude<Attack, "none">>> = {
  Makeup_Cosmetic: "partial",
  Makeup_Impersonation: "partial",
  Makeup_Obfuscation: "partial",
  Mannequin: "rigidMask",
  Silicone: "softMask",
  Print: "print",
  Replay: "replay",
  Partial_FunnyeyeGlasses: "partial",
  Partial_PaperGlasses: "partial",
  Partial_Eye: "partial",
  Partial_Mouth: "partial",
  Mask_HalfMask: "rigidMask",
  Mask_PaperMask: "cutout",
  Mask_TransparentMask: "softMask",
};

/** Recording id to split; empty where no list is there. */
type Lists = ReadonlyMap<string, ReadonlySet<Split>>;

/** Reads the id lists. The training lists repeat ids (100 lines a type), so that ids and not lines are counted. */
async function idLists(tree: FileTree): Promise<Lists> {
  const found = new Map<string, Set<Split>>();
  for (const path of tree.files) {
    const split = /(?:^|\/)(train|test)list_\w+\.txt$/.exec(path)?.[1] as Split | undefined;
    if (!split) continue;
    for (const line of (await readText(tree, path)).split("\n")) {
      const id = line.trim().split(/\s+/)[0];
      if (id) found.set(id, (found.get(id) ?? new Set<Split>()).add(split));
    }
  }
  return found;
}

function withSplit(lists: Lists, name: string, sample: (split: Split) => Sample): Reading {
  if (lists.size === 0) return sample("test");
  const splits = [...(lists.get(name) ?? [])];
  if (splits.length === 0) return { unlabelled: `the lists do not name the recording ${name}` };
  if (splits.length > 1)
    return { conflict: `the lists name the recording ${name} in ${splits.join(" and ")}` };
  return sample(splits[0] as Split);
}

/** The loader of SiW-M-v2. */
export const siwMv2 = defineLoader<Lists>({
  name: "siw-m-v2",
  title: "SiW-M-v2",
  page: "https://github.com/CHELSEA234/Multi-domain-learning-FAS",
  verified: {
    layout: false,
    words:
      "The 14 folders and the lists' ids were read in public lists. The names of the video files were not seen: they " +
      "are taken to be the lists' ids. Subjects are not named, so each recording counts as one. Makeup becoming " +
      "partial is ours.",
  },
  encoding: "none: the folder says it",
  splitRule:
    "the training and test lists of ids where they are there (each id once, however often it is repeated), else all is test",
  published: [
    { label: "live", unit: "videos", count: 785, source: "DeepFAS and SSAN" },
    { label: "spoof", unit: "videos", count: 915, source: "DeepFAS and SSAN" },
  ],
  notes: ["trainlist_*.txt, testlist_*.txt: a recording's id a line (optional)"],
  lists: idLists,
  rules: [
    {
      path: "Live/{name:[^/]+}",
      media: "video",
      read: (parts, lists, stem) =>
        withSplit(lists, part(parts, "name"), (split) => live(split, stem, "Live")),
    },
    {
      path: `Spoof/{attack:${Object.keys(attacks).join("|")}}/{name:[^/]+}`,
      media: "video",
      read: (parts, lists, stem) => {
        const code = part(parts, "attack");
        return withSplit(lists, part(parts, "name"), (split) =>
          spoof(split, stem, entry(attacks, code), code),
        );
      },
    },
  ],
});
