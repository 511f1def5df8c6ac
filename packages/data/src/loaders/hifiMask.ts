/** @file CASIA-SURF HiFiMask: Liu et al., "Contrastive context-aware learning for 3D high-fidelity mask face presentation attack detection", TIFS 2022. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

const types: Readonly<Record<string, readonly [string, Exclude<Attack, "none">]>> = {
  1: ["Transparent", "softMask"],
  2: ["Plaster", "rigidMask"],
  3: ["Resin", "rigidMask"],
};
const complexions: Readonly<Record<string, string>> = { 1: "yellow", 2: "white", 3: "black" };
const scenes: Readonly<Record<string, string>> = {
  1: "white", 2: "green", 3: "tricolor", 4: "sunshine", 5: "shadow", 6: "motion",
}; // prettier-ignore

/** Protocol 1: subjects up to 45, 51 and 75. */
function splitOf(subject: number): Split {
  if (subject <= 45) return "train";
  return subject <= 51 ? "dev" : "test";
}

/** The loader of HiFiMask. */
export const hifiMask = defineLoader({
  name: "hifimask",
  title: "HiFiMask",
  page: "https://github.com/liuajian/CASIA-FAS-Dataset (on request, research only)",
  verified: {
    layout: true,
    words:
      "The name's six numbers and Protocol 1 were read in the authors' lists and README. A copy whose second number " +
      "is not renumbered to 1-75 gets wrong splits: subjects over 75 are reported.",
  },
  encoding: "the name's third number: 0 is live, 1 transparent, 2 plaster, 3 resin",
  splitRule: "Protocol 1 by subject: 1-45 train, 46-51 dev, 52-75 test",
  published: [
    {
      label: "live",
      unit: "videos",
      count: 13_650,
      source: "DeepFAS; the lists name 54,223 videos in all, not 54,600",
    },
    { label: "spoof", unit: "videos", count: 40_950, source: "as above" },
  ],
  rules: [
    {
      path: "{complexion:[1-3]}_{subject:\\d+}_{type:[0-3]}_{scene:[1-6]}_{light:[0-6]}_{sensor:[0-8]}/{frame:\\d+}",
      media: "image",
      video: (_, stem) => stem.slice(0, stem.lastIndexOf("/")),
      read: (parts) => {
        const number = Number(parts.subject);
        if (number < 1 || number > 75)
          return { unlabelled: `subject ${number} is not among 1 to 75 of Protocol 1` };
        const subject = String(number).padStart(2, "0");
        const scene = {
          background: entry(scenes, parts.scene),
          complexion: entry(complexions, parts.complexion),
          light: part(parts, "light"),
          camera: `sensor ${part(parts, "sensor")}`,
        };
        if (parts.type === "0") return live(splitOf(number), subject, "Live", scene);
        const [code, attack] = entry(types, parts.type);
        return spoof(splitOf(number), subject, attack, code, scene);
      },
    },
  ],
});
