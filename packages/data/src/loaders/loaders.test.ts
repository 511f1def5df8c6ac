/** @file Every loader on its fixture: labels, splits, attacks, subjects, problems and counts. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listTree } from "../import/fileTree.ts";
import { importDataset } from "../import/importDataset.ts";
import { createReport } from "../import/problems.ts";
import type { ProblemReport } from "../import/problems.ts";
import { readManifest } from "../manifest/readManifest.ts";
import type { FixtureTree } from "./fixtures/fixtureTree.ts";
import { fixtureTrees } from "./fixtures/fixtureTrees.ts";
import { writeFixture } from "./fixtures/writeFixture.ts";
import { loaderNamed, loaders } from "./loaders.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-loaders-"));
  await Promise.all(
    Object.entries(fixtureTrees).map(([name, tree]) => writeFixture(tree, join(folder, name))),
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** Problems that show only when a file is opened or rows are compared. */
const atOpening = ["unreadable", "emptyBox", "duplicate", "severalSplits"];

const expectedProblems = (tree: FixtureTree, keep: (kind: string) => boolean): Record<string, number> =>
  tally([...tree.files.flatMap((file) => file.problem ?? []), ...(tree.more ?? [])].filter(keep));
const foundProblems = (report: ProblemReport): Record<string, number> =>
  Object.fromEntries([...report.problems].map(([kind, { count }]) => [kind, count]));

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const hasFfmpeg = (() => {
  try {
    return execFileSync("ffmpeg", ["-version"]).length > 0;
  } catch {
    return false;
  }
})();

test("every loader has a fixture, a name of its own, and says what it knows", () => {
  expect(Object.keys(fixtureTrees).toSorted()).toEqual(loaders.map((loader) => loader.name).toSorted());
  expect(new Set(loaders.map((loader) => loader.title)).size).toBe(loaders.length);
  for (const loader of loaders) {
    for (const words of [loader.page, loader.verified.words, loader.encoding, loader.splitRule]) {
      expect(words.length, loader.name).toBeGreaterThan(10);
    }
    expect(loader.layout.length, loader.name).toBeGreaterThan(0);
  }
});

describe.each(Object.entries(fixtureTrees))("%s", (name, tree) => {
  test("reads split, subject, label and attack of each file, and reports the others", async () => {
    const report = createReport();
    const planned = await loaderNamed(name).plan(await listTree(join(folder, name), report), report, {});
    const said = planned.map(({ path, split, subject, label, attack }) => [
      path,
      `${split} ${subject} ${label} ${attack}`,
    ]);
    const expected = tree.files.filter((file) => file.says).map(({ path, says }) => [path, says]);
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(expected));
    expect(foundProblems(report)).toEqual(expectedProblems(tree, (kind) => !atOpening.includes(kind)));
    expect([...report.skipped.values()].reduce((sum, count) => sum + count, 0)).toBe(tree.skipped ?? 0);
  });

  // Starting ffmpeg costs more than all the rest: one data set of videos stands for the others.
  const videos = tree.files.some(({ path, says }) => says && /\.(avi|mov|mp4|MOV)$/.test(path));
  test.skipIf(videos && !(name === "msu-mfsd" && hasFfmpeg))(
    "imports: rows, counts and problems",
    async () => {
      const out = join(folder, "out", `${name}.arrow`);
      const { rows, counts, report } = await importDataset({
        loader: loaderNamed(name),
        root: join(folder, name),
        out,
        sampling: { kind: "flip" },
      });
      const whole = tree.files.filter((file) => file.says && file.problem !== "unreadable");
      // Two frames of a recording, one of an image.
      const frames = whole.map((file) => (/\.(jpg|png|webp)$/.test(file.path) ? 1 : 2));
      expect(rows.length).toBe(frames.reduce((sum, count) => sum + count, 0));
      expect(counts.reduce((sum, line) => sum + line.frames, 0)).toBe(rows.length);
      expect(foundProblems(report)).toEqual(expectedProblems(tree, () => true));
      expect((await readManifest(out)).rows).toEqual(rows);
    },
  );
});
