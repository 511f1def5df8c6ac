/** @file SiW: Liu, Jourabloo, Liu, "Learning deep models for face anti-spoofing: binary or auxiliary supervision", CVPR 2018. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { Train: "train", Test: "test" };

/** The loader of SiW. */
export const siw = defineLoader({
  name: "siw",
  title: "SiW",
  page: "http://cvlab.cse.msu.edu/siw-spoof-in-the-wild-database.html",
  verified: {
    layout: true,
    words:
      "Folders, names and the type number were read in public loaders and lists. Face files (.face) are not read.",
  },
  encoding:
    "none: the folder and the name's third number say it (1 live, 2 print, 3 replay); where they disagree it is a conflict",
  splitRule: "Train is train, Test is test; there is no dev split",
  published: [
    { label: "live", unit: "videos", count: 1320, source: "DeepFAS and SSAN, whole set" },
    { label: "spoof", unit: "videos", count: 3300, source: "DeepFAS and SSAN, whole set" },
  ],
  rules: [
    {
      // Some live files end in ".m.mov".
      path:
        "{split:Train|Test}/{label:live|spoof}/{folder:\\d+}/" +
        "{subject:\\d+}-{sensor:\\d+}-{type:[1-3]}-{medium:\\d+}-{session:\\d+}{extra:(?:\\.m)?}",
      media: "video",
      read: (parts) => {
        const [subject, folder, type] = [part(parts, "subject"), part(parts, "folder"), part(parts, "type")];
        if (Number(subject) !== Number(folder))
          return { conflict: `it lies in the folder of subject ${folder}` };
        if ((type === "1") !== (parts.label === "live"))
          return { conflict: `type ${type} in the folder ${parts.label}` };
        const scene = { camera: `sensor ${part(parts, "sensor")}`, session: part(parts, "session") };
        const split = entry(splits, parts.split);
        if (type === "1") return live(split, subject, "live", scene);
        const medium = part(parts, "medium");
        return type === "2"
          ? spoof(split, subject, "print", `print ${medium}`, scene)
          : spoof(split, subject, "replay", `replay ${medium}`, scene);
      },
    },
  ],
});
