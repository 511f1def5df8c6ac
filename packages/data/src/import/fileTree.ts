/** @file Lists the files of a data set's folder, whatever lies in it. */
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { addProblem, createReport } from "./problems.ts";
import type { ProblemReport } from "./problems.ts";

/** The files under a root. */
export interface FileTree {
  root: string;
  /** Paths relative to the root, with "/", sorted by code unit so that an import repeats. */
  files: readonly string[];
  has(path: string): boolean;
}

/**
 * Lists a folder and everything below it. Links to files inside of the root are followed; links to
 * folders, links that are broken, loop or lead out of the root, folders that may not be read and names that are no UTF-8 are reported.
 * @param root the data set's folder
 * @param report where problems go
 * @throws Error if the root is missing, a file, or holds no file
 */
export async function listTree(root: string, report: ProblemReport = createReport()): Promise<FileTree> {
  const home = await openRoot(root);
  const files: string[] = [];
  const waiting = [""];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true, encoding: "buffer" }).catch(
      (error: NodeJS.ErrnoException) => {
        addProblem(report, "unreadable", `${folder || "."}: the folder cannot be read (${error.code})`);
        return [];
      },
    );
    for (const entry of entries) {
      const name = utf8Name(entry.name);
      if (name === undefined) {
        addProblem(report, "badName", `${folder}/${entry.name.toString("utf8")}`);
        continue;
      }
      const path = folder ? `${folder}/${name}` : name;
      const kind = entry.isSymbolicLink() ? await followLink(root, home, path, report) : entry;
      if (kind?.isDirectory()) waiting.push(path);
      else if (kind?.isFile()) files.push(path);
    }
  }
  if (files.length === 0) throw new Error(`[import] ${root} holds no files; give the data set's folder`);
  files.sort();
  const known = new Set(files);
  return { root, files, has: (path) => known.has(path) };
}

/**
 * Reads a text file of the tree.
 * @param tree the tree
 * @param path relative to the root
 * @throws Error that names the file and the cause
 */
export async function readText(tree: FileTree, path: string): Promise<string> {
  const bytes = await readFile(join(tree.root, path)).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`[import] cannot read ${path} under ${tree.root}: ${error.message}`, { cause: error });
  });
  // Lists written on Windows start with a byte order mark.
  return bytes.toString("utf8").replace(/^\u{FEFF}/u, "");
}

async function openRoot(root: string): Promise<string> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === "ENOENT" ? "there is no such folder" : error.message;
    throw new Error(`[import] cannot read ${root}: ${cause}`, { cause: error });
  });
  if (!found.isDirectory()) {
    throw new Error(`[import] ${root} is a file; give the folder of the data set (unpack an archive first)`);
  }
  return realpath(root);
}

/** The name as text, or undefined where its bytes are no UTF-8 or would break a line. */
function utf8Name(bytes: Buffer): string | undefined {
  const name = bytes.toString("utf8");
  // oxlint-disable-next-line no-control-regex
  return Buffer.from(name, "utf8").equals(bytes) && !/[\u0000-\u001F]/.test(name) ? name : undefined;
}

async function followLink(
  root: string,
  home: string,
  path: string,
  report: ProblemReport,
): Promise<{ isDirectory(): boolean; isFile(): boolean } | undefined> {
  try {
    const target = await realpath(join(root, path));
    const inside = relative(home, target);
    if (inside === ".." || inside.startsWith(`..${sep}`)) {
      addProblem(report, "link", `${path}: leads out of the root to ${target}`);
      return undefined;
    }
    const found = await stat(target);
    if (found.isDirectory()) {
      // A folder that lies inside is listed at its own place; a link to it would list it twice or for ever.
      addProblem(
        report,
        "link",
        `${path}: leads to the folder ${inside || "."}, which is read at its own place`,
      );
      return undefined;
    }
    return found;
  } catch (error) {
    addProblem(
      report,
      "link",
      `${path}: ${(error as NodeJS.ErrnoException).code === "ELOOP" ? "loops" : "is broken"}`,
    );
    return undefined;
  }
}
