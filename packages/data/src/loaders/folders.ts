/** @file A user's own data in folders: the folder names say what is shown. */
import { attacks } from "../manifest/manifest.ts";
import type { Attack, Split } from "../manifest/manifest.ts";
import { live, spoof } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import type { FileRule, Parts } from "./defineLoader.ts";
import { entry } from "./words.ts";

const splits: Readonly<Record<string, Split>> = { train: "train", dev: "dev", val: "dev", test: "test" };
const kinds = ["live", ...attacks.filter((attack) => attack !== "none")].join("|");

function read(parts: Parts, _: undefined, stem: string): ReturnType<FileRule["read"]> {
  const split = parts.split ? entry(splits, parts.split) : "test";
  const subject = parts.subject ?? stem;
  if (parts.kind === "live") return live(split, subject, "live");
  const attack = attacks.find((word) => word === parts.kind) as Exclude<Attack, "none">;
  return spoof(split, subject, attack, attack);
}

const places = [
  `{split:train|dev|val|test}/{kind:${kinds}}/{subject:[^/]+}/{name:[^/]+}`,
  `{split:train|dev|val|test}/{kind:${kinds}}/{name:[^/]+}`,
  `{kind:${kinds}}/{subject:[^/]+}/{name:[^/]+}`,
  `{kind:${kinds}}/{name:[^/]+}`,
];

/** The loader of folders that name split, label or attack, and subject. */
export const folders = defineLoader({
  name: "folders",
  title: "folders",
  page: "your own data",
  verified: { layout: true, words: "The layout is Candor's own." },
  encoding: `the folder's name: ${kinds.replaceAll("|", ", ")}`,
  splitRule:
    "the folder's name (val is dev); without one all is test. Without a subject's folder each file is a subject",
  published: [],
  rules: places.flatMap((path): FileRule[] => [
    { path, media: "image", read },
    { path, media: "video", read },
  ]),
});
