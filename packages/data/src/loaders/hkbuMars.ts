/** @file HKBU-MARs V2: Liu et al., "Remote photoplethysmography correspondence feature for 3D mask face presentation attack detection", ECCV 2018. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { part } from "./words.ts";

/** The loader of HKBU-MARs. */
export const hkbuMars = defineLoader({
  name: "hkbu-mars",
  title: "HKBU-MARs",
  page: "http://rds.comp.hkbu.edu.hk/mars/",
  verified: {
    layout: false,
    words:
      "V2's folders and names are as a reader of public lists noted them. V1+, the version that I-FAS names, is " +
      "smaller and its layout was not found anywhere: if it differs, its files are reported as unmatched.",
  },
  encoding: "none: the folder says it (real or attack)",
  splitRule: "all is test: the published protocol leaves one subject out, which no single split is",
  published: [
    { label: "live", unit: "videos", count: 504, source: "V2, DeepFAS and SSAN" },
    { label: "spoof", unit: "videos", count: 504, source: "V2, DeepFAS and SSAN" },
  ],
  rules: [
    {
      path: "{label:real|attack}/{folder:\\d+}/{camera:cam\\d+}_{light:light\\d+}_{subject:\\d+}",
      media: "video",
      read: (parts) => {
        const subject = part(parts, "folder");
        if (Number(subject) !== Number(parts.subject))
          return { conflict: `it lies in the folder of subject ${subject}` };
        const scene = { camera: part(parts, "camera"), light: part(parts, "light") };
        return parts.label === "real"
          ? live("test", subject, "real", scene)
          : spoof("test", subject, "rigidMask", "3D mask", scene);
      },
    },
  ],
});
