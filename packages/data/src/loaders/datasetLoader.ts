/** @file What a loader declares of a data set, and what it says of a file. */
import type { FileTree } from "../import/fileTree.ts";
import type { ProblemReport } from "../import/problems.ts";
import type { Attack, Label, Split } from "../manifest/manifest.ts";
import type { Media } from "./mediaFiles.ts";

/** A face as [x, y, width, height] in pixels of the upright image. */
export type Box = readonly [number, number, number, number];

/** What a data set says of one presentation. */
export interface Sample {
  split: Split;
  /** Unique within the data set; two people must not share it. */
  subject: string;
  label: Label;
  attack: Attack;
  /** The data set's own name of the attack; its name of live recordings for a live one. */
  attackCode: string;
  /** How it was recorded, for the manifest's scene column. */
  scene?: Readonly<Record<string, string>>;
}

/** A loader's reading of a file: a sample, a deliberate omission, or a problem. */
export type Reading = Sample | { skip: string } | { unlabelled: string } | { conflict: string };

/** Where a data set's own face box stands. */
export interface BoxFile {
  /** Relative to the root. */
  path: string;
  /** Reads the box of one frame; undefined where there is none that can be used. */
  parse: (text: string, frame: number, width: number, height: number) => Box | undefined;
}

/** How the frames lie in an HDF5 file: one array [N, 3, H, W], or groups that each hold an array [3, H, W]. */
export type Hdf5Layout = { array: string } | { groups: string; array: string };

/** A file that will become one row (an image) or several (a video, an HDF5 recording). */
export interface PlannedFile extends Sample {
  dataset: string;
  /** Relative to the root. */
  path: string;
  media: Media;
  /** Unique within the data set; frames of one recording share it. */
  video: string;
  /** An image's frame number within its video. */
  frame: number;
  box?: BoxFile;
  hdf5?: Hdf5Layout;
}

/** A count that the data set's authors, or users who read it, have published. */
export interface PublishedCount {
  label: Label;
  /** Without a split the count is of the whole data set. */
  split?: Split;
  unit: "images" | "videos";
  count: number;
  /** Where the figure was read. */
  source: string;
}

/** What the user says where a data set cannot. */
export interface LoaderOptions {
  /** A list file: CSV for `csv`, else unused. */
  list?: string;
  /** Which label value means live, for lists that encode it. */
  live?: string;
}

/** One data set. */
export interface DatasetLoader {
  /** The command line's name. */
  name: string;
  /** The data set's name, as the manifest's `dataset` column has it. */
  title: string;
  /** Where the data set and its licence are found. */
  page: string;
  /** How far the layout was checked, in plain words. */
  verified: { layout: boolean; words: string };
  /** The data set's own label encoding. */
  encoding: string;
  /** How rows get their split. */
  splitRule: string;
  /** The layout that is read, a line each, for people. */
  layout: readonly string[];
  published: readonly PublishedCount[];
  /** Names every usable file under a root; problems go to the report. */
  plan: (tree: FileTree, report: ProblemReport, options: LoaderOptions) => Promise<PlannedFile[]>;
}

/** A live sample. */
export function live(
  split: Split,
  subject: string,
  attackCode: string,
  scene?: Readonly<Record<string, string>>,
): Sample {
  return { split, subject, label: "live", attack: "none", attackCode, ...(scene && { scene }) };
}

/** A spoof sample. */
export function spoof(
  split: Split,
  subject: string,
  attack: Exclude<Attack, "none">,
  attackCode: string,
  scene?: Readonly<Record<string, string>>,
): Sample {
  return { split, subject, label: "spoof", attack, attackCode, ...(scene && { scene }) };
}
