/** @file Replay-Attack (Idiap): Chingovska et al., "On the effectiveness of local binary patterns in face anti-spoofing", BIOSIG 2012. */
import { frameBox } from "./boxFiles.ts";
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { train: "train", devel: "dev", test: "test" };
const split = "{split:(?:replayattack-)?(?:train|devel|test)}";
const splitOf = (word: string | undefined): Split => entry(splits, word?.replace("replayattack-", ""));

/** The loader of Replay-Attack. */
export const replayAttack = defineLoader({
  name: "replay-attack",
  title: "Replay-Attack",
  page: "https://www.idiap.ch/en/dataset/replayattack",
  verified: {
    layout: true,
    words:
      "Folders and file names were read in public loaders. The columns of the .face files (frame x y w h) are from " +
      "memory of Idiap's reader.",
  },
  encoding: "none: the folder says it (real or attack); enrolment videos are left out",
  splitRule: "train is train, devel is dev, test is test",
  published: [
    {
      label: "live",
      split: "train",
      unit: "videos",
      count: 60,
      source: "360/360/480 in all; FLIP: 140 live in train + test",
    },
    { label: "spoof", split: "train", unit: "videos", count: 300, source: "as above" },
    { label: "live", split: "dev", unit: "videos", count: 60, source: "as above" },
    { label: "spoof", split: "dev", unit: "videos", count: 300, source: "as above" },
    { label: "live", split: "test", unit: "videos", count: 80, source: "as above" },
    { label: "spoof", split: "test", unit: "videos", count: 400, source: "as above" },
  ],
  notes: ["face-locations/<split>/**.face: a face box a frame (optional)"],
  rules: [
    {
      path: `${split}/real/client{client:\\d+}_session{session:\\d+}_webcam_authenticate_{light:adverse|controlled}_{take:\\d+}`,
      media: "video",
      read: (parts) =>
        live(splitOf(parts.split), part(parts, "client"), "authenticate", { light: part(parts, "light") }),
      box: (stem, _, tree) => frameBox(tree, stem, "face-locations", "corner"),
    },
    {
      path:
        `${split}/attack/{support:fixed|hand}/attack_{device:print|highdef|mobile}_client{client:\\d+}_session{session:\\d+}_` +
        "{medium:highdef_photo|highdef_video|mobile_photo|mobile_video}_{light:adverse|controlled}",
      media: "video",
      read: (parts) => {
        const device = part(parts, "device");
        const code = `${device}_${part(parts, "medium")}_${part(parts, "support")}`;
        const scene = { light: part(parts, "light"), support: part(parts, "support") };
        // A photo that is shown on a screen is a replay; only attack_print is paper.
        return spoof(
          splitOf(parts.split),
          part(parts, "client"),
          device === "print" ? "print" : "replay",
          code,
          scene,
        );
      },
      box: (stem, _, tree) => frameBox(tree, stem, "face-locations", "corner"),
    },
    {
      path: "enroll/{rest:.+}",
      media: "video",
      read: () => ({ skip: "enrolment videos, which no anti-spoofing protocol uses" }),
    },
  ],
});
