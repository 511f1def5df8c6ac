/** @file FLIP's text lists and pre-extracted frames: Srivatsan et al., "FLIP: cross-domain face anti-spoofing with language guidance", ICCV 2023. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import type { Split } from "../manifest/manifest.ts";
import { casiaClip, casiaMfsd } from "./casiaMfsd.ts";
import { casiaSurf } from "./casiaSurf.ts";
import { cefa } from "./cefa.ts";
import { celebALabels, celebAReading, celebASpoof } from "./celebASpoof.ts";
import type { CelebALabels } from "./celebASpoof.ts";
import { live, spoof } from "./datasetLoader.ts";
import type { DatasetLoader, PlannedFile, Reading } from "./datasetLoader.ts";
import { msuMfsd } from "./msuMfsd.ts";
import { ouluNpu } from "./ouluNpu.ts";
import { pathPattern } from "./pathPattern.ts";
import { replayAttack } from "./replayAttack.ts";
import { wmca, wmcaName, wmcaProtocol, wmcaReading } from "./wmca.ts";
import type { WmcaProtocol } from "./wmca.ts";

/** What the label files of single data sets, if they lie under the root too, add to FLIP's lists. */
interface Extras {
  celebA: CelebALabels;
  wmca: WmcaProtocol;
}

/** One data set of FLIP's lists: how its frames' names are read. */
interface FlipSet {
  title: string;
  /** The recording that a frame's name belongs to. */
  video: (name: string) => string;
  read: (name: string, split: Split, genuine: boolean, extras: Extras) => Reading | undefined;
}

const byFrame = (name: string): string => name.replace(/_frame\d+$/, "");
const byNumber = (name: string): string => name.replace(/_\d+$/, "");
const wmcaPattern = pathPattern(`{date:\\d\\d\\.\\d\\d\\.\\d\\d}_${wmcaName}_{frame:\\d+}`).regex;
const races: Readonly<Record<string, string>> = { 1: "AF", 2: "CA", 3: "EA" };

const sets: Readonly<Record<string, FlipSet>> = {
  casia: {
    title: casiaMfsd.title,
    video: byFrame,
    read: (name, split) => {
      const [, person, clip] = /^(\d+)_((?:HR_)?\d)_frame\d+$/.exec(name) ?? [];
      return person && clip ? casiaClip(split, person, clip) : undefined;
    },
  },
  msu: {
    title: msuMfsd.title,
    video: byFrame,
    read: (name, _, genuine) => msuMfsd.readStem(`${genuine ? "real" : "attack"}/${byFrame(name)}`),
  },
  oulu: {
    title: ouluNpu.title,
    video: byFrame,
    read: (name, split) => ouluNpu.readStem(`${split === "train" ? "Train" : "Test"}_files/${byFrame(name)}`),
  },
  replay: {
    title: replayAttack.title,
    video: byFrame,
    // real_client..., fixed_attack_..., hand_attack_...
    read: (name, split, genuine) => {
      const [, folder, file] = /^(real|fixed|hand)_(.+)$/.exec(byFrame(name)) ?? [];
      return replayAttack.readStem(genuine ? `${split}/real/${file}` : `${split}/attack/${folder}/${file}`);
    },
  },
  celeb: {
    title: celebASpoof.title,
    video: (name) => name,
    read: (name, split, _, { celebA }) => {
      const [, person, word, image] = /^(\d+)_(live|spoof)_(\w+)$/.exec(name) ?? [];
      if (!person || !word) return undefined;
      const base = `Data/train/${person}/${word}/${image}`;
      return celebAReading(split, person, word, celebA.get(`${base}.jpg`) ?? celebA.get(`${base}.png`));
    },
  },
  cefa: {
    title: cefa.title,
    video: byNumber,
    read: (name) => {
      const race = races[name.slice(0, 1)];
      return cefa.readStem(
        `${race}/${race}/${byNumber(name)}/color/${name.slice(name.lastIndexOf("_") + 1)}`,
        "image",
      );
    },
  },
  surf: {
    title: casiaSurf.title,
    video: (name) => (name.startsWith("Training") ? byNumber(name) : name),
    read: (name, split, genuine) => {
      const subject = /CLKJ_[A-Z]+\d+/.exec(name)?.[0] ?? name;
      return genuine ? live(split, subject, "real") : spoof(split, subject, "cutout", "attack");
    },
  },
  wmca: {
    title: wmca.title,
    video: byNumber,
    read: (name, _, __, extras) => {
      const parts = wmcaPattern.exec(name)?.groups;
      return parts && wmcaReading(parts, extras.wmca);
    },
  },
};

async function plan(tree: FileTree, report: ProblemReport): Promise<PlannedFile[]> {
  const lists = tree.files.filter((file) => /(^|\/)\w+_(real|fake)_(train|test|shot)\.txt$/.test(file));
  const extras = { celebA: await celebALabels(tree, report), wmca: await wmcaProtocol(tree, report) };
  const planned = new Map<string, PlannedFile>();
  for (const list of lists) {
    const [, key = "", word] = /(?:^|\/)(\w+)_(real|fake)_\w+\.txt$/.exec(list) ?? [];
    const set = sets[key];
    if (!set) {
      addProblem(report, "badList", `${list}: "${key}" is none of ${Object.keys(sets).join(", ")}`);
      continue;
    }
    for (const [index, text] of (await readText(tree, list)).split(/\r?\n/).entries()) {
      const line = text.trim();
      if (!line) continue;
      const [, folder, kind, name] = /^\w+\/(train|test)\/(real|fake)\/([^/]+)\.\w+$/.exec(line) ?? [];
      if (!folder || !name || kind !== word) {
        addProblem(
          report,
          "badList",
          `${list} line ${index + 1}: "${line}" is not ${key}/{train,test}/${word}/<frame>`,
        );
        continue;
      }
      const split = folder as Split;
      const reading = set.read(name, split, kind === "real", extras);
      if (!reading)
        addProblem(report, "badList", `${list} line ${index + 1}: the name ${name} is not ${set.title}'s`);
      else if ("unlabelled" in reading) addProblem(report, "unlabelled", `${line}: ${reading.unlabelled}`);
      else if ("conflict" in reading) addProblem(report, "conflict", `${line}: ${reading.conflict}`);
      else if ("label" in reading) {
        if ((reading.label === "live") !== (kind === "real")) {
          addProblem(report, "conflict", `${line}: the name says ${reading.label}, the list ${kind}`);
          continue;
        }
        const paths = frames(tree, list, line);
        if (paths.length === 0) addProblem(report, "missing", `${line} (${list})`);
        for (const [frame, path] of paths) {
          const video = `${split}/${kind}/${set.video(name)}`;
          // A line of the train, test and shot lists may be the same frame.
          planned.set(path, { ...reading, split, dataset: set.title, path, media: "image", video, frame });
        }
      }
    }
  }
  return [...planned.values()];
}

/** The list's line and, where only frame 0 is listed, its frame 1: FLIP tests on both. */
function frames(tree: FileTree, list: string, line: string): [number, string][] {
  const base = list.split("/").slice(0, -2).join("/");
  const start = base ? `${base}/` : "";
  const names = line.includes("_frame0.") ? [line, line.replace("_frame0.", "_frame1.")] : [line];
  return names.flatMap((name, frame): [number, string][] => {
    const path = [`${start}frame/${name}`, `${start}${name}`, name].find((place) => tree.has(place));
    return path ? [[names.length > 1 ? frame : Number(/_(\d+)\.\w+$/.exec(name)?.[1] ?? 0), path]] : [];
  });
}

/** The loader of FLIP's lists. Rows keep the names of the data sets that the frames come from. */
export const flipLists: DatasetLoader = {
  name: "flip-lists",
  title: "FLIP",
  page: "https://github.com/koushiksrivats/FLIP",
  verified: {
    layout: true,
    words:
      "The lists were read in FLIP's repository. That frames lie in frame/ beside txt/ is from memory; beside the lists' " +
      "folder and at the root they are found too.",
  },
  encoding:
    "the list's name (real or fake), held against the frame's path and name; FLIP's code then uses 1 for real",
  splitRule: "the frame's folder (train or test), not the list: FLIP's lists overlap. There is no dev split",
  layout: [
    "{MCIO,WCS}/txt/{casia,msu,oulu,replay,celeb,cefa,surf,wmca}_{real,fake}_{train,test,shot}.txt",
    "{MCIO,WCS}/frame/<set>/{train,test}/{real,fake}/<name>_frame{0,1}.png",
    "metas/intra_test/train_label.json of CelebA-Spoof and PROTOCOL-grandtest.csv of WMCA (needed for their attacks)",
  ],
  published: [],
  plan,
};
