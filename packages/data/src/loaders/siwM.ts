/** @file SiW-M, first version: Liu et al., "Deep tree learning for zero-shot face anti-spoofing", CVPR 2019. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Attack } from "../manifest/manifest.ts";

const attacks: Readonly<Record<string, Exclude<Attack, "none">>> = {
  Paper: "print",
  Replay: "replay",
  "Makeup/Cosmetic": "partial",
  "Makeup/Impersonation": "partial",
  "Makeup/Obfuscation": "partial",
  "Mask/HalfMask": "rigidMask",
  "Mask/MannequinHead": "rigidMask",
  "Mask/PaperMask": "cutout",
  "Mask/SiliconeMask": "softMask",
  "Mask/TransparentMask": "softMask",
  "Partial/FunnyeyeGlasses": "partial",
  "Partial/PaperCut": "partial",
  "Partial/PaperGlasses": "partial",
};

/** The loader of SiW-M. */
export const siwM = defineLoader({
  name: "siw-m",
  title: "SiW-M",
  page: "http://cvlab.cse.msu.edu/siw-m-spoof-in-the-wild-with-multiple-attacks-database.html",
  verified: {
    layout: true,
    words:
      "Folders were read in a public loader. File names were not seen, so each recording counts as a subject of its " +
      "own. That makeup becomes partial, for want of a word of our own, is ours.",
  },
  encoding: "none: the folder says it",
  splitRule:
    "all is test: the published protocol leaves one attack out, which no single split is; Live/{Train,Test} is kept in scene",
  published: [
    { label: "live", unit: "videos", count: 660, source: "DeepFAS and SSAN" },
    { label: "spoof", unit: "videos", count: 968, source: "DeepFAS and SSAN" },
  ],
  rules: [
    {
      path: "Live/{release:Train|Test}/{name:[^/]+}",
      media: "video",
      read: (parts, _, stem) => live("test", stem, "Live", { release: part(parts, "release") }),
    },
    {
      path: `{attack:${Object.keys(attacks).join("|")}}/{name:[^/]+}`,
      media: "video",
      read: (parts, _, stem) => spoof("test", stem, entry(attacks, parts.attack), part(parts, "attack")),
    },
  ],
});
