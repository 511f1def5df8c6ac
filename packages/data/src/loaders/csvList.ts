/** @file A user's own data by a CSV list: a line a file, with words for what it shows. */
import { readText } from "../import/fileTree.ts";
import type { FileTree } from "../import/fileTree.ts";
import { addProblem } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { attacks, splits } from "../manifest/manifest.ts";
import type { Attack, Label, Split } from "../manifest/manifest.ts";
import { usableBox } from "./boxFiles.ts";
import { csvRows } from "./csvRows.ts";
import type { DatasetLoader, LoaderOptions, PlannedFile } from "./datasetLoader.ts";
import { mediaOf } from "./mediaFiles.ts";

const columns = [
  "path",
  "label",
  "split",
  "subject",
  "video",
  "frame",
  "attack",
  "attackCode",
  "x",
  "y",
  "width",
  "height",
];

async function plan(tree: FileTree, report: ProblemReport, options: LoaderOptions): Promise<PlannedFile[]> {
  const list = options.list ?? tree.files.find((file) => file.toLowerCase().endsWith(".csv"));
  if (!list || !tree.has(list)) {
    throw new Error(
      `[import] csv: ${list ? `there is no ${list} under` : "no CSV file lies under"} ${tree.root}; ` +
        `name one with --list (relative to the root), with the columns ${columns.join(", ")}`,
    );
  }
  const [head = [], ...lines] = csvRows(await readText(tree, list));
  const unknown = head.filter((name) => !columns.includes(name));
  if (!head.includes("path") || !head.includes("label") || unknown.length > 0) {
    throw new Error(
      `[import] csv: ${list} has the columns ${head.join(", ")}; path and label are needed, ` +
        `allowed are ${columns.join(", ")}`,
    );
  }
  const title = list.slice(list.lastIndexOf("/") + 1).replace(/\.csv$/i, "");
  const planned: PlannedFile[] = [];
  for (const [index, cells] of lines.entries()) {
    const row: Record<string, string> = Object.fromEntries(head.map((name, at) => [name, cells[at] ?? ""]));
    const where = `${list} row ${index + 2}`;
    const path = (row.path ?? "").replaceAll("\\", "/");
    const file = mediaOf(path);
    if (cells.length !== head.length)
      addProblem(report, "badList", `${where}: ${cells.length} cells, not ${head.length}`);
    else if (!path || path.startsWith("/") || path.split("/").includes("..")) {
      addProblem(report, "badList", `${where}: the path "${path}" must stay inside of the root`);
    } else if (!file) addProblem(report, "badList", `${where}: "${path}" is no image or video by its name`);
    else if (!tree.has(path)) addProblem(report, "missing", `${path} (${where})`);
    else {
      const sample = readRow(row, options.live);
      if (typeof sample === "string") addProblem(report, "unlabelled", `${where}: ${sample}`);
      else {
        const box = boxOf(row);
        planned.push({
          dataset: title,
          ...sample,
          subject: row.subject || path,
          attackCode: row.attackCode || (sample.label === "live" ? "live" : sample.attack),
          path,
          media: file.media,
          video: row.video || file.stem,
          frame: Number(row.frame || 0),
          ...(box && {
            box: { path: list, parse: (_: string, __: number, w: number, h: number) => usableBox(box, w, h) },
          }),
        });
      }
    }
  }
  return planned;
}

/** Label, attack and split of a row, or what is wrong with it. */
function readRow(
  row: Readonly<Record<string, string>>,
  liveValue: string | undefined,
): { label: Label; attack: Attack; split: Split } | string {
  const label = labelOf(row.label ?? "", liveValue);
  if (!label) {
    return `the label "${row.label}" is neither live nor spoof; say with --live which value means live`;
  }
  const attack = label === "live" ? "none" : attacks.find((word) => word === row.attack);
  if (!attack || (label === "spoof" && attack === "none")) {
    return `the attack "${row.attack ?? ""}" of a spoof must be one of ${attacks.slice(1).join(", ")}`;
  }
  const split = splits.find((word) => word === (row.split || "test"));
  if (!split) return `the split "${row.split}" must be one of ${splits.join(", ")}`;
  if (!/^\d*$/.test(row.frame ?? "")) return `the frame "${row.frame}" must be a whole number`;
  return { label, attack, split };
}

/** Numbers are never guessed: published lists use 1 for live as often as for spoof. */
function labelOf(value: string, liveValue: string | undefined): Label | undefined {
  if (liveValue !== undefined) return value === liveValue ? "live" : value === "" ? undefined : "spoof";
  return value === "live" || value === "spoof" ? value : undefined;
}

function boxOf(row: Readonly<Record<string, string>>): readonly [number, number, number, number] | undefined {
  const words = [row.x, row.y, row.width, row.height];
  return words.every((word) => word) ? (words.map(Number) as [number, number, number, number]) : undefined;
}

/** The loader of a CSV list. */
export const csvList: DatasetLoader = {
  name: "csv",
  title: "csv",
  page: "your own data",
  verified: { layout: true, words: "The layout is Candor's own." },
  encoding: "the words live and spoof, or the value that --live names",
  splitRule: "the column split, else all is test",
  layout: [
    "<list>.csv: path,label[,split,subject,video,frame,attack,attackCode,x,y,width,height]",
    "label: live or spoof (or --live=VALUE); attack: needed for spoofs",
  ],
  published: [],
  plan,
};
