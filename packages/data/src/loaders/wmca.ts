/** @file WMCA: George et al., "Biometric face presentation attack detection with multi-channel convolutional neural network", TIFS 2020. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { live, spoof } from "./datasetLoader.ts";
import type { Reading } from "./datasetLoader.ts";
import { defineLoader } from "./defineLoader.ts";
import type { Parts } from "./defineLoader.ts";
import { part } from "./words.ts";
import type { Attack, Split } from "../manifest/manifest.ts";

const splits: Readonly<Record<string, Split>> = { train: "train", dev: "dev", eval: "test" };
const names: Readonly<Record<string, Exclude<Attack, "none">>> = {
  prints: "print",
  replay: "replay",
  glasses: "partial",
  papermask: "cutout",
  rigidmask: "rigidMask",
  fakehead: "rigidMask",
  flexiblemask: "softMask",
};
/** The types that say the attack by themselves; type 2 is any fake face. */
const types: Readonly<Record<string, readonly [string, Exclude<Attack, "none">]>> = {
  1: ["glasses", "partial"],
  3: ["prints", "print"],
  4: ["replay", "replay"],
};

/** What PROTOCOL-grandtest.csv says of a recording. */
export interface WmcaRow {
  attack: string;
  split: Split;
}

/** A recording's `date/name` to its row. */
export type WmcaProtocol = ReadonlyMap<string, WmcaRow>;

/** Reads PROTOCOL-grandtest.csv; empty where it is not there. */
export async function wmcaProtocol(tree: FileTree, report: ProblemReport): Promise<WmcaProtocol> {
  const rows = new Map<string, WmcaRow>();
  for (const path of tree.files.filter((file) => /PROTOCOL-grandtest[^/]*\.csv$/.test(file))) {
    const [head = "", ...lines] = (await readText(tree, path)).split(/\r?\n/);
    const columns = head.split(",").map((word) => word.trim());
    const [file, attack, set] = ["file", "attack", "set"].map((name) => columns.indexOf(name)) as [
      number,
      number,
      number,
    ];
    if (Math.min(file, attack, set) < 0) {
      addProblem(report, "badList", `${path}: its columns are ${head}, not file,label,attack,set`);
      continue;
    }
    for (const [index, line] of lines.entries()) {
      if (!line.trim()) continue;
      const cells = line.split(",").map((cell) => cell.trim());
      const split = splits[cells[set] ?? ""];
      if (!cells[file] || !split) addProblem(report, "badList", `${path} line ${index + 2}: ${line}`);
      else rows.set(recordingId(cells[file]), { attack: cells[attack] ?? "", split });
    }
  }
  return rows;
}

/** `12.02.18/100_03_015_2_10`, whatever folders stand before and whatever extension after it. */
function recordingId(path: string): string {
  return /(\d\d\.\d\d\.\d\d)[/_](\d+_\d+_\d+_\d+_\d+)/.exec(path)?.slice(1).join("/") ?? path;
}

/**
 * What a recording's name and protocol row say.
 * @param parts date, client, session, presenter, type and pai of the name
 * @param protocol the rows of PROTOCOL-grandtest.csv, empty where it is not there
 */
export function wmcaReading(parts: Parts, protocol: WmcaProtocol): Reading {
  const [client, type, pai] = [part(parts, "client"), part(parts, "type"), part(parts, "pai")];
  const id = `${parts.date}/${client}_${parts.session}_${parts.presenter}_${type}_${pai}`;
  const row = protocol.get(id);
  if (protocol.size > 0 && !row) return { unlabelled: `PROTOCOL-grandtest.csv does not name ${id}` };
  const split = row?.split ?? "test";
  const scene = { session: part(parts, "session"), presenter: part(parts, "presenter") };
  const genuine = Number(type) === 0;
  if (row && genuine !== (row.attack === "bonafide" || row.attack === "")) {
    return { conflict: `type ${type} of the name, but "${row.attack}" in PROTOCOL-grandtest.csv` };
  }
  if (genuine) return live(split, client, "bonafide", scene);
  const named = row ? names[row.attack] : undefined;
  if (row && named) return spoof(split, client, named, row.attack, scene);
  const typed = types[String(Number(type))];
  if (typed) return spoof(split, client, typed[1], typed[0], scene);
  return { unlabelled: `type ${type}, pai ${pai} may be any fake face: PROTOCOL-grandtest.csv is needed` };
}

/** The part of WMCA's names that tells what is shown. */
export const wmcaName = "{client:\\d+}_{session:\\d+}_{presenter:\\d+}_{type:\\d+}_{pai:\\d+}";

/** The loader of WMCA, colour channel. */
export const wmca = defineLoader<WmcaProtocol>({
  name: "wmca",
  title: "WMCA",
  page: "https://www.idiap.ch/en/dataset/wmca",
  verified: {
    layout: true,
    words:
      "Paths, HDF5 keys, the protocol's columns and attack names were read in public loaders. Types 1, 3 and 4 " +
      "(glasses, print, replay) without a protocol file are from memory. Depth, infrared and thermal are not read.",
  },
  encoding: "the name's fourth number: 0 is bona fide; the attack's name is that of PROTOCOL-grandtest.csv",
  splitRule: "PROTOCOL-grandtest.csv (train, dev, eval = test); without it all is test",
  published: [
    { label: "live", unit: "videos", count: 347, source: "DeepFAS and SSAN" },
    { label: "spoof", unit: "videos", count: 1332, source: "DeepFAS and SSAN" },
  ],
  notes: ["PROTOCOL-grandtest.csv: file,label,attack,set (needed for masks and for splits)"],
  lists: wmcaProtocol,
  announced: (protocol) => protocol.keys(),
  rules: [
    {
      path: `{channels:[^/]*CDIT[^/]*}/{rest:.*}`,
      media: "hdf5",
      read: () => ({ skip: "depth, infrared and thermal channels (CDIT)" }),
    },
    {
      path: `{date:\\d\\d\\.\\d\\d\\.\\d\\d}/${wmcaName}`,
      media: "hdf5",
      hdf5: { groups: "Frame_", array: "array" },
      read: wmcaReading,
    },
    {
      // FLIP's pre-extracted frames.
      path: `{date:\\d\\d\\.\\d\\d\\.\\d\\d}_${wmcaName}_{frame:\\d+}`,
      media: "image",
      video: (_, stem) => stem.replace(/_\d+$/, ""),
      read: wmcaReading,
    },
  ],
});
