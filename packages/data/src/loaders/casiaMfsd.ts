/** @file CASIA-MFSD (also CASIA-FASD): Zhang et al., "A face antispoofing database with diverse attacks", ICB 2012. */
import { live, spoof } from "./datasetLoader.ts";
import type { Sample } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { train_release: "train", test_release: "test" };
const kinds: Readonly<Record<string, "live" | "warped" | "eyeCut" | "video">> = {
  1: "live", 2: "live", HR_1: "live",
  3: "warped", 4: "warped", HR_2: "warped",
  5: "eyeCut", 6: "eyeCut", HR_3: "eyeCut",
  7: "video", 8: "video", HR_4: "video",
}; // prettier-ignore

/**
 * What a clip's number says.
 * @param split the release folder's split
 * @param person the folder's number, which begins anew in each release folder
 * @param clip 1 to 8 or HR_1 to HR_4; NM_1 to NM_8 in some copies
 */
export function casiaClip(split: Split, person: string, clip: string): Sample {
  // Person 1 of train_release is not person 1 of test_release: there are 20 + 30 people.
  const subject = `${split}-${Number(person)}`;
  const scene = { quality: clip.startsWith("HR") ? "high" : "low or normal" };
  const kind = entry(kinds, clip.replace(/^NM_/, ""));
  if (kind === "live") return live(split, subject, clip, scene);
  if (kind === "video") return spoof(split, subject, "replay", "video", scene);
  if (kind === "eyeCut") return spoof(split, subject, "cutout", "cut photo", scene);
  return spoof(split, subject, "print", "warped photo", scene);
}

/** The loader of CASIA-MFSD. */
export const casiaMfsd = defineLoader({
  name: "casia-mfsd",
  title: "CASIA-MFSD",
  page: "http://www.cbsr.ia.ac.cn (on request, research only)",
  verified: {
    layout: true,
    words:
      "Folders, clip numbers and live / print / replay were read in public loaders. That 5, 6 and HR_3 are the cut " +
      "photos among the prints is from memory of the paper.",
  },
  encoding: "none: the clip's number says it (1, 2, HR_1 live; 3-6, HR_2, HR_3 print; 7, 8, HR_4 replay)",
  splitRule: "train_release is train, test_release is test; there is no dev split",
  published: [
    { label: "live", unit: "videos", count: 150, source: "FLIP's lists, whole set" },
    { label: "spoof", unit: "videos", count: 450, source: "FLIP's lists, whole set" },
  ],
  rules: [
    {
      path: "{split:train_release|test_release}/{person:\\d+}/{clip:[1-8]|NM_[1-8]|HR_[1-4]}",
      media: "video",
      read: (parts) => casiaClip(entry(splits, parts.split), part(parts, "person"), part(parts, "clip")),
    },
  ],
});
