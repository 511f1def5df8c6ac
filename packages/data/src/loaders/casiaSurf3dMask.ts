/** @file CASIA-SURF 3DMask: Yu et al., "NAS-FAS: static-dynamic central difference network search for face anti-spoofing", TPAMI 2020. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";

/** The clip numbers of real recordings, in the order of the six environments of the fakes. */
const environments: Readonly<Record<string, string>> = {
  1: "1",
  15: "2",
  16: "3",
  17: "4",
  22: "5",
  23: "6",
};

/** The loader of CASIA-SURF 3DMask. */
export const casiaSurf3dMask = defineLoader({
  name: "casia-surf-3dmask",
  title: "CASIA-SURF-3DMask",
  page: "https://github.com/liuajian/CASIA-FAS-Dataset (on request, research only)",
  verified: {
    layout: true,
    words: "Folders and clip numbers were read in the authors' lists and in two public loaders.",
  },
  encoding:
    "none here: the folder says it (Real or Fake); the authors' raw lists use 1 for live, unlike their others",
  splitRule:
    "all is test: the published protocols leave out subjects or environments, which no single split is",
  published: [
    { label: "live", unit: "videos", count: 288, source: "the authors' list" },
    { label: "spoof", unit: "videos", count: 858, source: "the authors' list (864 in the paper)" },
  ],
  rules: [
    {
      path: `Real/{person:\\d{4}_\\d{3}}/{clip:${Object.keys(environments).join("|")}}`,
      media: "video",
      read: (parts) =>
        live("test", part(parts, "person"), "real", { environment: entry(environments, parts.clip) }),
    },
    {
      path: "Fake/{person:\\d{4}_\\d{3}}/{decoration:[1-3]}/{environment:[1-6]}",
      media: "video",
      read: (parts) =>
        spoof("test", part(parts, "person"), "rigidMask", `decoration ${part(parts, "decoration")}`, {
          environment: part(parts, "environment"),
        }),
    },
  ],
});
