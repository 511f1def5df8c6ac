/** @file Imports a data set: lists its files, lets its loader read them, opens each, and writes one manifest. */
import { mkdir, readlink, symlink } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { requireFfmpeg } from "../frames/ffmpeg.ts";
import { describeSampling } from "../frames/frameSampling.ts";
import type { FrameSampling } from "../frames/frameSampling.ts";
import { compareCounts, countRows } from "../inspect/countRows.ts";
import type { CountComparison, CountLine } from "../inspect/countRows.ts";
import type { DatasetLoader, LoaderOptions } from "../loaders/datasetLoader.ts";
import { mediaOf } from "../loaders/mediaFiles.ts";
import { subjectsInSeveralSplits } from "../manifest/checkRows.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { writeManifest } from "../manifest/writeManifest.ts";
import { listTree } from "./fileTree.ts";
import type { FileTree } from "./fileTree.ts";
import { addProblem, createReport, problemTotal } from "./problems.ts";
import type { ProblemReport } from "./problems.ts";
import { readFiles } from "./readFiles.ts";

/** What to import. */
export interface ImportOptions extends LoaderOptions {
  loader: DatasetLoader;
  /** The data set's folder. */
  root: string;
  /** The manifest to write. */
  out: string;
  sampling: FrameSampling;
  /** Write nothing where there is any problem. */
  strict?: boolean;
  onProgress?: (done: number, total: number) => void;
}

/** What an import found. */
export interface ImportResult {
  rows: ManifestRow[];
  counts: CountLine[];
  comparison: CountComparison[];
  report: ProblemReport;
  /** Whether the manifest was written. */
  written: boolean;
}

/**
 * Imports a data set.
 * @param options what, from where, to where
 * @throws Error if the root is missing, empty or of another layout, if ffmpeg is needed and not there
 */
export async function importDataset(options: ImportOptions): Promise<ImportResult> {
  const { loader, sampling } = options;
  const [root, out] = [resolve(options.root), resolve(options.out)];
  const report = createReport();
  const tree = await listTree(root, report);
  const planned = await loader.plan(tree, report, options);
  if (planned.length === 0) throw new Error(wrongRoot(loader, tree, report));
  if (planned.some((file) => file.media === "video")) await requireFfmpeg();
  const folder = dirname(out);
  await mkdir(folder, { recursive: true });
  const rows = await readFiles(planned, {
    tree,
    report,
    folder,
    rootPath: await pathToRoot(root, out),
    framePath: `${basename(out).replace(/\.arrow$/, "")}.frames/`,
    sampling,
    onProgress: (done) => options.onProgress?.(done, planned.length),
  });
  reportDuplicates(rows, report);
  for (const sentence of subjectsInSeveralSplits(rows)) addProblem(report, "severalSplits", sentence);
  const written = rows.length > 0 && !(options.strict && problemTotal(report) > 0);
  if (written) {
    const recorded = planned.some((file) => file.media !== "image");
    await writeManifest(out, rows, {
      source: `data:import --dataset=${loader.name}`,
      encoding: loader.encoding,
      splitRule: loader.splitRule,
      layout: loader.verified.layout ? "verified" : "unverified",
      ...(recorded && { frames: describeSampling(sampling) }),
      problems: String(problemTotal(report)),
    });
  }
  return {
    rows,
    counts: countRows(rows),
    comparison: compareCounts(rows, loader.published),
    report,
    written,
  };
}

/** The same bytes twice, and above all under two labels or in two splits. */
function reportDuplicates(rows: readonly ManifestRow[], report: ProblemReport): void {
  const first = new Map<string, ManifestRow>();
  for (const row of rows) {
    const twin = first.get(row.sha256);
    if (!twin) first.set(row.sha256, row);
    else {
      const differs = (["label", "split"] as const).filter((column) => row[column] !== twin[column]);
      const how = differs.map((column) => `, ${column} ${twin[column]} and ${row[column]}`).join("");
      addProblem(report, differs.length > 0 ? "conflict" : "duplicate", `${row.path} = ${twin.path}${how}`);
    }
  }
}

function wrongRoot(loader: DatasetLoader, tree: FileTree, report: ProblemReport): string {
  const media = tree.files.filter((file) => mediaOf(file));
  const examples = (media.length > 0 ? media : tree.files).slice(0, 3).map((file) => `    ${file}`);
  const labelled = report.problems.get("unlabelled");
  return [
    `[import] nothing under ${tree.root} can be read as ${loader.title}. Its layout is`,
    ...loader.layout.map((line) => `    ${line}`),
    `and the root holds ${media.length} images, videos or HDF5 files (${tree.files.length} files), such as`,
    ...examples,
    ...(labelled ? [`${labelled.count} files fit but say not what they show: ${labelled.examples[0]}`] : []),
    loader.verified.layout ? "Is it the folder of another data set?" : loader.verified.words,
  ].join("\n");
}

/**
 * The root as the manifest's folder sees it. Rows may not leave that folder, and gigabytes are not copied: a root
 * elsewhere is reached by a link beside the manifest.
 */
async function pathToRoot(root: string, out: string): Promise<string> {
  const folder = dirname(out);
  const inside = relative(folder, root);
  if (inside === "") return "";
  if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") return `${inside.replaceAll(sep, "/")}/`;
  const name = `${basename(out).replace(/\.arrow$/, "")}.root`;
  const link = join(folder, name);
  await symlink(root, link, "junction").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST" && (await readlink(link).catch(() => "")) === root) return;
    throw new Error(
      `[import] cannot make the link ${link} to ${root} (${error.code}): remove what is there, ` +
        "or write the manifest into the data set's folder or one above it",
      { cause: error },
    );
  });
  return `${name}/`;
}
