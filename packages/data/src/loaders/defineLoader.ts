/** @file Makes a loader from path rules and, where a data set needs them, its list files. */
import type { FileTree } from "../import/fileTree.ts";
import { addProblem, addSkipped } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import type { BoxFile, DatasetLoader, Hdf5Layout, PlannedFile, Reading } from "./datasetLoader.ts";
import { frameNames, mediaOf } from "./mediaFiles.ts";
import type { Media } from "./mediaFiles.ts";
import { pathPattern } from "./pathPattern.ts";
import type { PathPattern } from "./pathPattern.ts";

/** The named parts of a path. */
export type Parts = Readonly<Record<string, string>>;

/** One kind of file in a data set. `Lists` is what the loader's list files hold. */
export interface FileRule<Lists = undefined> {
  /** A {@link pathPattern}; for videos, frames that were extracted from them fit too. */
  path: string;
  media: Media;
  /** What the path's parts and the list files say of the file. */
  read: (parts: Parts, lists: Lists, stem: string) => Reading;
  /** For images that are frames of a recording: its id. */
  video?: (parts: Parts, stem: string) => string;
  box?: (stem: string, parts: Parts, tree: FileTree) => BoxFile | undefined;
  hdf5?: Hdf5Layout;
}

/** What {@link defineLoader} needs beside the facts. */
export interface LoaderDeclaration<Lists> extends Omit<DatasetLoader, "plan" | "layout"> {
  rules: readonly FileRule<Lists>[];
  /** More lines for people on what is read, such as list files. */
  notes?: readonly string[];
  /** Reads list files before any file is judged. */
  lists?: (tree: FileTree, report: ProblemReport) => Promise<Lists>;
  /** Stems or paths that the lists promise; those that are not there are reported. */
  announced?: (lists: Lists, tree: FileTree) => Iterable<string>;
}

/** A loader whose rules the loaders of list files ask about a single path, without the data set's own lists. */
export interface RuleLoader extends DatasetLoader {
  /** What the rules say of a stem, as a video or as an image; undefined where none fits. */
  readStem: (stem: string, media?: Media) => Reading | undefined;
}

/**
 * Makes a loader.
 * @param declaration facts, rules and list files of the data set
 */
export function defineLoader<Lists = undefined>(declaration: LoaderDeclaration<Lists>): RuleLoader {
  const { rules, notes = [], lists: readLists, announced, ...facts } = declaration;
  const compiled = rules.map((rule) => ({ rule, pattern: pathPattern(rule.path) }));
  const extension = { image: "jpg", video: "avi", hdf5: "hdf5" };
  return {
    ...facts,
    layout: [...compiled.map(({ rule, pattern }) => `${pattern.shown}.${extension[rule.media]}`), ...notes],
    plan: async (tree, report) => {
      const lists = (readLists ? await readLists(tree, report) : undefined) as Lists;
      const seen: Seen = { names: new Set(), prefixes: new Set([""]) };
      const planned = planFiles(tree, report, facts.title, compiled, lists, seen);
      if (announced) reportMissing(tree, report, seen, announced(lists, tree));
      return planned;
    },
    readStem: (stem, media = "video") => matchRule(compiled, stem, media, undefined as Lists)?.reading,
  };
}

interface CompiledRule<Lists> {
  rule: FileRule<Lists>;
  pattern: PathPattern;
}

/** What lists may mean: stems of files and of videos, and the folders that may stand before what a list says. */
interface Seen {
  names: Set<string>;
  prefixes: Set<string>;
}

interface RuleMatch<Lists> {
  rule: FileRule<Lists>;
  reading: Reading;
  parts: Parts;
  stem: string;
  frame: number;
  /** The folders before the place where the pattern begins. */
  prefix: string;
}

function planFiles<Lists>(
  tree: FileTree,
  report: ProblemReport,
  dataset: string,
  rules: readonly CompiledRule<Lists>[],
  lists: Lists,
  seen: Seen,
): PlannedFile[] {
  const planned: PlannedFile[] = [];
  const videos = new Set<string>();
  for (const path of tree.files) {
    const file = mediaOf(path);
    if (!file) continue;
    const match = matchRule(rules, file.stem, file.media, lists);
    if (!match) {
      addProblem(report, "unmatched", path);
      continue;
    }
    const { reading, rule, parts, stem, frame } = match;
    seen.prefixes.add(match.prefix);
    seen.names.add(file.stem).add(stem);
    if ("skip" in reading) addSkipped(report, reading.skip);
    else if ("unlabelled" in reading) addProblem(report, "unlabelled", `${path}: ${reading.unlabelled}`);
    else if ("conflict" in reading) addProblem(report, "conflict", `${path}: ${reading.conflict}`);
    else {
      if (file.media !== "image") videos.add(stem);
      const box = rule.box?.(stem, parts, tree);
      planned.push({
        ...reading,
        dataset,
        path,
        media: file.media,
        video: rule.video?.(parts, stem) ?? stem,
        frame,
        ...(box && { box }),
        ...(rule.hdf5 && { hdf5: rule.hdf5 }),
      });
    }
  }
  return planned.filter((file) => {
    const extra = file.media === "image" && videos.has(file.video);
    if (extra) addSkipped(report, "a frame whose video is there too (frames are taken from the video)");
    return !extra;
  });
}

function matchRule<Lists>(
  rules: readonly CompiledRule<Lists>[],
  stem: string,
  media: Media,
  lists: Lists,
): RuleMatch<Lists> | undefined {
  for (const { rule, pattern } of rules) {
    // An image is judged by image rules as itself, and by video rules as a frame of its video.
    const names =
      rule.media === media
        ? [{ stem, frame: -1 }]
        : rule.media === "video" && media === "image"
          ? frameNames(stem)
          : [];
    for (const name of names) {
      const found = pattern.regex.exec(name.stem);
      if (!found) continue;
      const parts: Parts = found.groups ?? {};
      const frame = name.frame >= 0 ? name.frame : Number(parts.frame ?? 0);
      const prefix = found.index === 0 ? "" : name.stem.slice(0, found.index + 1);
      return { rule, reading: rule.read(parts, lists, name.stem), parts, stem: name.stem, frame, prefix };
    }
  }
  return undefined;
}

function reportMissing(tree: FileTree, report: ProblemReport, seen: Seen, announced: Iterable<string>): void {
  const starts = [...seen.prefixes];
  for (const path of announced) {
    // A list may be written from a folder further in, or further out, than the root.
    const segments = path.split("/");
    const found = segments.some((_, dropped) => {
      const tail = segments.slice(dropped).join("/");
      return starts.some((start) => seen.names.has(start + tail) || tree.has(start + tail));
    });
    if (!found) addProblem(report, "missing", path);
  }
}
