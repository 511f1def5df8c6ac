/** @file The whole protocol on three tiny domains with a predictor whose answers are known. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScores } from "../scores/readScores.ts";
import { brightness, writeTinyDomains } from "./fixtures/tinyDomains.ts";
import { runOneToEleven, type OpenedRun, type RunOneToElevenOptions } from "./runOneToEleven.ts";
import type { Predictor } from "./scoreRows.ts";

let folder = "";
let manifest = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-protocol-"));
  manifest = await writeTinyDomains(join(folder, "data"));
});
afterAll(() => rm(folder, { recursive: true }));

const origin = { seed: "3", checkpoint: "runs/x", adapter: "none", threads: "1", commit: "abc" };

function options(out: string, predictor: Predictor = brightness): RunOneToElevenOptions {
  return {
    manifest,
    runs: [{ method: "brightness", folder: "runs/x" }],
    openRun: async (): Promise<OpenedRun> => ({ predictor, origin }),
    out: join(folder, out),
    seed: 0,
    explain: 4,
    resamples: 20,
    batch: 3,
    created: "2026-01-01T00:00:00Z",
  };
}

describe("runOneToEleven", () => {
  test("scores, writes and reports", async () => {
    const seen: number[] = [];
    const result = await runOneToEleven({
      ...options("whole"),
      onProgress: (_, done) => void seen.push(done),
    });
    expect(result.warnings).toEqual(["The protocol has eleven targets; this manifest has 2."]);
    expect(seen.at(-1)).toBe(32);
    expect((await readdir(join(folder, "whole"))).toSorted()).toEqual([
      "report.html",
      "report.json",
      "report.md",
      "scores",
    ]);
    const scores = await readScores(result.scoreFiles[0]!);
    expect(scores.metadata).toEqual({ method: "brightness", ...origin });
    expect(scores.rows).toHaveLength(32);
    expect(scores.rows.some((row) => row.split === "train")).toBe(false);
    expect(scores.rows.find((row) => row.id === "D2-test-3")!.score).toBeCloseTo(70 / 255, 6);
    // Four test frames a domain, none of the dev split.
    const explained = scores.rows.filter((row) => row.sentence !== null);
    expect(explained).toHaveLength(12);
    expect(explained.every((row) => row.patchAttention?.[3] === 0.5)).toBe(true);
    expect(scores.rows.filter((row) => row.patchAttention)).toHaveLength(12);
    const [d1, d2, d3] = result.report.runs[0]!.domains;
    expect([d1!.videos.auc, d2!.videos.auc]).toEqual([d2!.videos.auc, d1!.videos.auc]);
    expect(d3!.videos.auc).toBeLessThan(0.5);
    expect(JSON.parse(await readFile(result.written.json, "utf8"))).toEqual(result.report);
  });

  test("the same inputs give the same report", async () => {
    const first = await runOneToEleven(options("a"));
    const second = await runOneToEleven({ ...options("b"), batch: 5 });
    expect(second.report).toEqual(first.report);
  });

  test.each([
    ["another method", { method: "ifas" }, brightness, 'asked for as "ifas" but holds "brightness"'],
    [
      "NaN",
      {},
      {
        ...brightness,
        score: async (_: unknown, at: readonly number[]) => new Float32Array(at.length).fill(Number.NaN),
      },
      "which is no probability; the checkpoint is broken or diverged",
    ],
    [
      "too few scores",
      {},
      { ...brightness, score: async () => new Float32Array(1) },
      "gave 1 scores for 3 images",
    ],
  ])("refuses %s and writes no report", async (name, change, predictor, message) => {
    const asked = options(`refused ${name}`, predictor);
    const runs = asked.runs.map((run) => ({ ...run, ...change }));
    await expect(runOneToEleven({ ...asked, runs })).rejects.toThrow(message);
    await expect(readdir(asked.out)).rejects.toThrow("ENOENT");
  });

  test("refuses the same run twice, and none", async () => {
    const asked = options("twice");
    await expect(runOneToEleven({ ...asked, runs: [...asked.runs, ...asked.runs] })).rejects.toThrow(
      'is the second run of "brightness" with seed 3',
    );
    await expect(runOneToEleven({ ...asked, runs: [] })).rejects.toThrow("no runs were given");
  });
});
