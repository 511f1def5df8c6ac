/** @file WFFD: Jia et al., "A database for face presentation attack using wax figure faces", ICIAP 2019. */
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import { entry, part } from "./words.ts";
import type { Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { Train: "train", Dev: "dev", Test: "test" };

/** The loader of WFFD. */
export const wffd = defineLoader({
  name: "wffd",
  title: "WFFD",
  page: "https://github.com/shanface33/Wax_Figure_Face_DB",
  verified: {
    layout: false,
    words:
      "The authors' README names ProtocolN/{Train,Dev,Test} and says that each holds real and wax images; how these " +
      "are told apart on disk was not seen. Folders or file names that begin with real, wax or fake are read.",
  },
  encoding: "a folder or file name that begins with real, or with wax or fake",
  splitRule: "Train, Dev and Test folders; Protocol3 is left out, as it holds Protocol1 and Protocol2 again",
  published: [
    { label: "live", unit: "images", count: 2200, source: "the authors' README, Protocol1 and Protocol2" },
    { label: "spoof", unit: "images", count: 2200, source: "the authors' README, Protocol1 and Protocol2" },
  ],
  rules: [
    {
      path: "Protocol3/{rest:.*}",
      media: "image",
      read: () => ({ skip: "Protocol3, which holds the images of Protocol1 and Protocol2 again" }),
    },
    {
      path: "Protocol{protocol:[12]}/{split:Train|Dev|Test}/{label:[Rr]eal|[Ww]ax|[Ff]ake}{rest:.*}",
      media: "image",
      read: (parts, _, stem) => {
        const split = entry(splits, parts.split);
        const scene = { protocol: part(parts, "protocol") };
        // No names of people: each image stands for itself.
        return part(parts, "label").toLowerCase() === "real"
          ? live(split, stem, "real", scene)
          : spoof(split, stem, "rigidMask", "wax figure", scene);
      },
    },
  ],
});
