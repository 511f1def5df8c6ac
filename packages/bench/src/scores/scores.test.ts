/** @file Score files: there and back, and everything that must be refused. */

import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScores } from "./readScores.ts";
import type { ScoreFile, ScoreRow } from "./scoreFile.ts";
import { scoreColumns, writeScores } from "./writeScores.ts";

const live: ScoreRow = {
  id: "a",
  dataset: "D1",
  split: "test",
  subject: "s1",
  video: "v1",
  frame: 0,
  label: "live",
  attack: "none",
  score: 0.75,
  sentence: null,
};
const spoof: ScoreRow = {
  ...live,
  id: "b",
  video: "v2",
  frame: 3,
  label: "spoof",
  attack: "print",
  score: 0.25,
  sentence: "a printed photo, ümlaut",
};
const file: ScoreFile = {
  metadata: {
    method: "ifas",
    seed: "0",
    checkpoint: "last",
    adapter: "llvmpipe",
    threads: "4",
    commit: "abc",
  },
  rows: [live, spoof],
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-scores-"));
});
afterAll(() => rm(folder, { recursive: true }));

function float(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

describe("writeScores and readScores", () => {
  test("a file read back is the file written, and no temporary file stays", async () => {
    const path = join(folder, "new", "scores.arrow");
    await writeScores(path, file);
    expect(await readScores(path)).toEqual(file);
    expect(await readdir(join(folder, "new"))).toEqual(["scores.arrow"]);
  });

  test("keeps the attention of the frames that have it", async () => {
    const path = join(folder, "attention.arrow");
    const looked = { ...spoof, patchAttention: Float32Array.of(0.5, 0.25, 0.125, 0.125) };
    await writeScores(path, { ...file, rows: [live, looked] });
    const { rows } = await readScores(path);
    expect(rows).toEqual([live, looked]);
    expect(rows[0]).not.toHaveProperty("patchAttention");
  });

  test("reads files from before attention was kept", async () => {
    const path = join(folder, "old.arrow");
    await writeScores(path, file);
    const table = tableFromIPC(await readFile(path));
    await writeFile(path, tableToIPC(table.select(Object.keys(scoreColumns)), "file"));
    expect(await readScores(path)).toEqual(file);
  });

  test.each([
    ["NaN", { score: Number.NaN }, 'row 1 ("b"): score NaN'],
    ["a logit", { score: -2 }, "score -2; scores are P(live)"],
    ["an unknown label", { label: "fake" }, 'label "fake"'],
    ["an unknown split", { split: "eval" }, 'split "eval"'],
    ["a spoof without species", { attack: "none" }, 'label "spoof" with attack "none"'],
    ["attention of no square", { patchAttention: Float32Array.of(0.5, 0.5) }, "attention over 2 patches"],
    ["attention that is NaN", { patchAttention: Float32Array.of(Number.NaN) }, "attention sums to NaN"],
    ["attention beyond 1", { patchAttention: Float32Array.of(2) }, "attention sums to 2"],
    ["a duplicate id", { id: "a" }, "this id occurred before"],
  ])("refuses %s and leaves no file", async (name, change, message) => {
    const path = join(folder, `${name}.arrow`);
    const rows = [live, { ...spoof, ...change } as ScoreRow];
    await expect(writeScores(path, { ...file, rows })).rejects.toThrow(message);
    await expect(readScores(path)).rejects.toThrow("cannot read");
  });

  test("reading refuses what another program wrote: NaN, an unknown label", async () => {
    const path = join(folder, "foreign.arrow");
    await writeScores(path, file);
    const bytes = await readFile(path);
    const replaced = (from: Uint8Array, to: Uint8Array) => {
      const at = bytes.indexOf(from);
      expect(at).toBeGreaterThan(0);
      return Buffer.concat([bytes.subarray(0, at), to, bytes.subarray(at + from.length)]);
    };
    await writeFile(path, replaced(float(0.25), float(Number.NaN)));
    await expect(readScores(path)).rejects.toThrow('row 1 ("b"): score NaN');
    await writeFile(path, replaced(Buffer.from("livespoof"), Buffer.from("livefake!")));
    await expect(readScores(path)).rejects.toThrow('row 1 ("b"): label "fake!"');
  });

  test("refuses no rows", async () => {
    await expect(writeScores(join(folder, "x"), { ...file, rows: [] })).rejects.toThrow("has no rows");
  });

  test("refuses a file cut anywhere", async () => {
    const path = join(folder, "cut.arrow");
    await writeScores(path, file);
    const bytes = await readFile(path);
    for (const length of [0, 5, 6, 100, bytes.length >> 1, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(readScores(path)).rejects.toThrow(`is not a whole Arrow file (${length} bytes)`);
    }
  });

  test("refuses an Arrow file with other columns", async () => {
    const path = join(folder, "other.arrow");
    await writeFile(path, tableToIPC(tableFromArrays({ id: ["a"] }), "file"));
    await expect(readScores(path)).rejects.toThrow('column "id" must be Utf8, got Dictionary');
    await writeFile(path, tableToIPC(tableFromArrays({ score: Float32Array.of(1) }), "file"));
    await expect(readScores(path)).rejects.toThrow('has no column "id"');
  });
});
