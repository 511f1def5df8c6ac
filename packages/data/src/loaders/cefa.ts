/** @file CASIA-SURF CeFA: Liu et al., "CASIA-SURF CeFA: a benchmark for multi-modal cross-ethnicity face anti-spoofing", WACV 2021. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const attacks = { 2: ["cloth", "print"], 3: ["photo", "print"], 4: ["screen", "replay"] } as const;
const races: Readonly<Record<string, string>> = { 1: "AF", 2: "CA", 3: "EA" };
const devices: Readonly<Record<string, string>> = { 1: "rssdk", 2: "mp4", 3: "bag", 4: "MOV" };
const places: Readonly<Record<string, string>> = { 1: "indoor", 2: "outdoor", 3: "random" };

/** Ids up to 200, 300 and above: the split of Protocol 1 within each ethnicity. */
function splitOf(id: number): Split {
  if (id <= 200) return "train";
  return id <= 300 ? "dev" : "test";
}

/** The loader of CeFA, colour images. */
export const cefa = defineLoader({
  name: "cefa",
  title: "CeFA",
  page: "https://github.com/liuajian/CASIA-FAS-Dataset (on request, research only)",
  verified: {
    layout: true,
    words:
      "Names were read in the authors' README, folders in public loaders. The folder of the 3D masks' images was not " +
      "seen. Cloth becomes print: a face printed on cloth. Depth and infrared are not read.",
  },
  encoding:
    "the name's last number: 1 is real, 2 cloth, 3 photo, 4 screen; the trees 3D-Mask and Silicone-Mask are attacks",
  splitRule: "by id: up to 200 train, 201-300 dev, above test; mask trees are test",
  published: [],
  rules: [
    {
      path:
        "{race:AF|CA|EA}/{person:[^/]+}/{code:[1-3]}_{id:\\d{3}}_{device:[1-4]}_{session:[1-3]}_{pai:[1-4]}/" +
        "{channel:color|profile|depth|ir}/{frame:\\d+}",
      media: "image",
      video: (_, stem) => stem.split("/").slice(0, -2).join("/"),
      read: (parts) => {
        if (parts.channel === "depth" || parts.channel === "ir") return { skip: "depth and infrared images" };
        const race = entry(races, parts.code);
        if (race !== parts.race)
          return { conflict: `race ${parts.code} (${race}) in the folder ${parts.race}` };
        // Ids begin anew in each ethnicity.
        const subject = `${race}-${part(parts, "id")}`;
        const split = splitOf(Number(parts.id));
        const scene = {
          camera: entry(devices, parts.device),
          place: entry(places, parts.session),
          ethnicity: race,
        };
        if (parts.pai === "1") return live(split, subject, "real", scene);
        const [code, attack] = attacks[Number(parts.pai) as keyof typeof attacks];
        return spoof(split, subject, attack, code, scene);
      },
    },
    {
      path:
        "{tree:3D-Mask|3D-MASK|Silicone-Mask}/{folder:\\d+}/{kind:[12]}_{id:\\d+}_{dress:[01]}_{glasses:[01]}_{device:[12]}_" +
        "{session:[12]}_{light:[1-4]}/{channel:color|profile|depth|ir}/{frame:\\d+}",
      media: "image",
      video: (_, stem) => stem.split("/").slice(0, -2).join("/"),
      read: (parts) => {
        if (parts.channel === "depth" || parts.channel === "ir") return { skip: "depth and infrared images" };
        const tree = part(parts, "tree");
        const attack = tree === "Silicone-Mask" ? "softMask" : "rigidMask";
        return spoof("test", `${tree}-${part(parts, "id")}`, attack, tree, {
          place: entry(places, parts.session),
        });
      },
    },
  ],
});
