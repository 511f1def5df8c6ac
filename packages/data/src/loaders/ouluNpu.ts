/** @file OULU-NPU: Boulkenafet et al., "OULU-NPU: a mobile face presentation attack database", FG 2017. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { Train: "train", Dev: "dev", Test: "test" };
const codes: Readonly<Record<string, string>> = {
  1: "live",
  2: "print1",
  3: "print2",
  4: "replay1",
  5: "replay2",
};

/** The loader of OULU-NPU. */
export const ouluNpu = defineLoader({
  name: "oulu-npu",
  title: "OULU-NPU",
  page: "https://sites.google.com/site/oulunpudatabase/",
  verified: {
    layout: true,
    words:
      "Folders and file names were read in public loaders. Eye positions (.txt) and the four protocols are not read.",
  },
  encoding:
    "none: the name's last number says it (1 live; 2, 3 print; 4, 5 replay); the protocols' +1 is live",
  splitRule: "Train_files is train, Dev_files is dev, Test_files is test",
  published: [
    {
      label: "live",
      split: "train",
      unit: "videos",
      count: 360,
      source: "1800/1350/1800 videos, a fifth of them live",
    },
    { label: "spoof", split: "train", unit: "videos", count: 1440, source: "as above" },
    { label: "live", split: "dev", unit: "videos", count: 270, source: "as above" },
    { label: "spoof", split: "dev", unit: "videos", count: 1080, source: "as above" },
    { label: "live", split: "test", unit: "videos", count: 360, source: "as above" },
    { label: "spoof", split: "test", unit: "videos", count: 1440, source: "as above" },
  ],
  rules: [
    {
      path: "{split:Train|Dev|Test}_files/{phone:[1-6]}_{session:[1-3]}_{user:\\d+}_{file:[1-5]}",
      media: "video",
      read: (parts) => {
        const split = entry(splits, parts.split);
        const code = entry(codes, parts.file);
        const scene = { camera: `phone ${part(parts, "phone")}`, session: part(parts, "session") };
        const user = part(parts, "user").padStart(2, "0");
        if (code === "live") return live(split, user, code, scene);
        return spoof(split, user, code.startsWith("print") ? "print" : "replay", code, scene);
      },
    },
  ],
});
