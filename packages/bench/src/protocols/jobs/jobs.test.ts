/** @file Jobs: what they leave, how they resume, and how several run side by side. */

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "@candor/data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScores } from "../../scores/readScores.ts";
import { brightness, writeTinyDomains } from "../fixtures/tinyDomains.ts";
import type { Predictor } from "../scoreRows.ts";
import { readDurations } from "./jobDurations.ts";
import { planJobs, type Job, type RecipeName } from "./planJobs.ts";
import { readTrainings } from "./readTrainings.ts";
import { isDone, runJob, type RunJobOptions, type TrainRequest } from "./runJob.ts";
import { runJobs } from "./runJobs.ts";

let folder = "";
let manifest = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-jobs-"));
  manifest = await writeTinyDomains(join(folder, "data"));
});
afterAll(() => rm(folder, { recursive: true }));

const fold = { id: "D1-D23", sources: ["D1"], targets: ["D2", "D3"] };
const variant = { name: "bright", method: "brightness", config: { steps: 2 } };
const plan = (out: string, seeds: readonly number[] = [3]) => planJobs([fold], [variant], seeds, out);

function options(out: string, requests: TrainRequest[], method = "brightness"): RunJobOptions {
  return {
    protocol: "one-to-eleven",
    rule: "given",
    holdOut: 0,
    manifest,
    out,
    train: async (request) => {
      requests.push(request);
      return { samplesPerSecond: 5 };
    },
    openRun: async () => ({
      predictor: { ...brightness, method },
      origin: { seed: "0", checkpoint: "x", adapter: "none", threads: "1", commit: "abc" },
    }),
    explain: 2,
    batch: 4,
  };
}

describe("planJobs", () => {
  test("is fold by method within a seed, whole seeds first", () => {
    const other = { ...fold, id: "other" };
    const jobs = planJobs([fold, other], [variant, { ...variant, name: "b" }], [0, 1], "out");
    expect(jobs.map(({ index, name }) => `${index} ${name}`).slice(0, 5)).toEqual([
      "0 D1-D23 bright-seed0",
      "1 D1-D23 b-seed0",
      "2 other bright-seed0",
      "3 other b-seed0",
      "4 D1-D23 bright-seed1",
    ]);
    expect(jobs[7]!.scores).toEqual([{ method: "b", file: join("out", "scores", "other", "b-seed1.arrow") }]);
  });

  test("refuses names that no file can have, and the same twice", () => {
    expect(() => planJobs([fold], [{ ...variant, name: "a/b" }], [0], "out")).toThrow(
      '"a/b" cannot name files',
    );
    expect(() => planJobs([fold], [variant, variant], [0], "out")).toThrow("bright is asked for twice");
    expect(() => planJobs([fold], [variant], [1, 1], "out")).toThrow("1 is asked for twice");
  });

  test("refuses decodings of a method that is asked no question, before anything is trained", () => {
    const undecodable = { ...variant, decodings: ["vdd", "post-hoc"] } as const;
    expect(() => planJobs([fold], [undecodable], [0], "out")).toThrow(
      "bright: brightness is not asked a question, so there is nothing for vdd and post-hoc to decode",
    );
    expect(planJobs([fold], [{ ...variant, decodings: [] }], [0], "out")).toHaveLength(1);
  });
});

describe("runJob", () => {
  test("trains on the fold's manifest, scores, and is done once its scores are there", async () => {
    const out = join(folder, "whole");
    const [job] = plan(out) as [Job];
    const requests: TrainRequest[] = [];
    expect(await isDone(job)).toBe(false);
    expect(await runJob(job, options(out, requests))).toBe(true);
    expect(requests).toMatchObject([
      { recipe: "starter", method: "brightness", seed: 3, datasets: ["D1"], folder: job.run },
    ]);
    expect(JSON.parse(await readFile(requests[0]!.config, "utf8"))).toEqual({ steps: 2 });
    const folds = await readManifest(requests[0]!.manifest);
    expect(new Set(folds.rows.map(({ dataset, split }) => `${dataset} ${split}`))).toEqual(
      new Set(["D1 train", "D1 dev", "D1 test", "D2 test", "D3 test"]),
    );
    const scores = await readScores(job.scores[0]!.file);
    expect(scores.metadata).toMatchObject({
      method: "bright",
      seed: "3",
      protocol: "one-to-eleven",
      sources: "D1",
    });
    expect(scores.rows).toHaveLength(32);
    expect(scores.rows.filter((row) => row.sentence !== null)).toHaveLength(6);
    const durations = JSON.parse(
      await readFile(join(out, "jobs", fold.id, "bright-seed3.json"), "utf8"),
    ) as object;
    expect(durations).toMatchObject({ job: job.name, training: { samplesPerSecond: 5 } });
    expect(await runJob(job, options(out, requests))).toBe(false);
    expect(requests).toHaveLength(1);
  });

  test("does a job with a broken score file again, and gives the same scores", async () => {
    const out = join(folder, "again");
    const [job] = plan(out) as [Job];
    await runJob(job, options(out, []));
    const first = await readFile(job.scores[0]!.file);
    await writeFile(job.scores[0]!.file, first.subarray(0, 100));
    expect(await isDone(job)).toBe(false);
    expect(await runJob(job, options(out, []))).toBe(true);
    expect(await readFile(job.scores[0]!.file)).toEqual(first);
  });

  test("refuses a folder that was begun with another configuration, done or not", async () => {
    const out = join(folder, "changed");
    const [job] = plan(out) as [Job];
    await runJob(job, options(out, []));
    const [changed] = planJobs([fold], [{ ...variant, config: { steps: 3 } }], [3], out) as [Job];
    await expect(isDone(changed)).rejects.toThrow("was begun with another configuration");
  });

  test("a recipe is asked for and recorded; the starter is recorded as it was before there were others", async () => {
    const out = join(folder, "recipes");
    const following = (recipe: RecipeName) => planJobs([fold], [{ ...variant, recipe }], [3], out) as [Job];
    const requests: TrainRequest[] = [];
    const [published] = following("flip-published");
    await runJob(published, options(out, requests));
    expect(requests[0]).toMatchObject({ recipe: "flip-published" });
    expect(JSON.parse(await readFile(requests[0]!.config, "utf8"))).toEqual({
      recipe: "flip-published",
      steps: 2,
    });
    expect(await isDone(published)).toBe(true);
    const [starter] = following("starter");
    await expect(isDone(starter)).rejects.toThrow("was begun with another configuration");
    await writeFile(requests[0]!.config, '{\n  "steps": 2\n}\n');
    expect(await isDone(starter)).toBe(true);
    expect(await isDone(plan(out)[0]!)).toBe(true);
  });

  test("refuses a run of another method, and leaves no scores", async () => {
    const out = join(folder, "other");
    const [job] = plan(out) as [Job];
    await expect(runJob(job, options(out, [], "ifas"))).rejects.toThrow('holds "ifas", not "brightness"');
    expect(existsSync(job.scores[0]!.file)).toBe(false);
  });
});

describe("decodings", () => {
  const plain = { ...variant, method: "ifas" };
  const decoded = { ...plain, decodings: ["vdd", "post-hoc"] } as const;
  const halved = { vdd: 2, "post-hoc": 4 };

  /** Options with a predictor that notes what it decodes, and a trainer that finds its steps done where `rate` is 0. */
  function decoding(out: string, rate = 5, asked: string[] = []): RunJobOptions {
    const given = options(out, [], "ifas");
    const scoreBy: Predictor["scoreBy"] = async (decoding) => {
      asked.push(decoding);
      return async (images, indices) =>
        (await brightness.score(images, indices)).map((score) => score / halved[decoding]);
    };
    return {
      ...given,
      train: async () => ({ samplesPerSecond: rate }),
      openRun: async (run) => {
        const { predictor, origin } = await given.openRun(run);
        return { predictor: { ...predictor, scoreBy }, origin };
      },
    };
  }
  const planned = (out: string) => planJobs([fold], [decoded], [3], out) as [Job];

  test("are further score files of one training, without sentences", async () => {
    const out = join(folder, "decoded");
    const [job] = planned(out);
    expect(await runJob(job, decoding(out))).toBe(true);
    const files = await Promise.all(job.scores.map(({ file }) => readScores(file)));
    expect(files.map(({ metadata }) => metadata.method)).toEqual(["bright", "bright+vdd", "bright+post-hoc"]);
    const [own, vdd, postHoc] = files.map(({ rows }) => rows.map(({ score }) => score));
    expect(vdd).toEqual(own!.map((score) => Math.fround(score / 2)));
    expect(postHoc).toEqual(own!.map((score) => Math.fround(score / 4)));
    expect(files.map(({ rows }) => rows.some(({ sentence }) => sentence !== null))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("that are asked for later, or are lost, are scored alone and leave what the training took", async () => {
    const out = join(folder, "later");
    const [alone] = planJobs([fold], [plain], [3], out) as [Job];
    await runJob(alone, decoding(out));
    const own = await stat(alone.scores[0]!.file);
    const first = await readDurations(out, alone);
    const [job] = planned(out);
    const asked: string[] = [];
    expect(await runJob(job, decoding(out, 0, asked))).toBe(true);
    await rm(job.scores[1]!.file);
    expect(await isDone(job)).toBe(false);
    expect(await runJob(job, decoding(out, 0, asked))).toBe(true);
    expect(asked).toEqual(["vdd", "post-hoc", "vdd"]);
    expect((await stat(alone.scores[0]!.file)).ino).toBe(own.ino);
    const { trainSeconds, training, scoreSeconds } = await readDurations(out, job);
    expect([trainSeconds, training]).toEqual([first.trainSeconds, { samplesPerSecond: 5 }]);
    expect(scoreSeconds).toBeGreaterThan(first.scoreSeconds!);
    expect((await readTrainings(out, [job])).get("bright")).toMatchObject({ samplesPerSecond: 5 });
  });

  test("that are not whole when the job ends leave the files before them, and the training's durations", async () => {
    const out = join(folder, "killed");
    const [job] = planned(out);
    const given = decoding(out);
    const openRun = async (run: string) => {
      const { predictor, origin } = await given.openRun(run);
      const scoreBy: Predictor["scoreBy"] = async (decoding) => {
        if (decoding === "post-hoc") throw new Error("killed");
        return await predictor.scoreBy!(decoding);
      };
      return { origin, predictor: { ...predictor, scoreBy } };
    };
    await expect(runJob(job, { ...given, openRun })).rejects.toThrow("killed");
    expect(job.scores.map(({ file }) => existsSync(file))).toEqual([true, true, false]);
    const { trainSeconds } = await readDurations(out, job);
    await runJob(job, decoding(out, 0));
    expect(await readDurations(out, job)).toMatchObject({ trainSeconds, training: { samplesPerSecond: 5 } });
  });

  test("of a predictor that cannot decode are refused", async () => {
    const out = join(folder, "undecodable");
    const [job] = planned(out);
    await expect(runJob(job, options(out, [], "ifas"))).rejects.toThrow(
      "ifas is not asked a question, so vdd has nothing to decode",
    );
  });
});

const pause = () => new Promise((done) => setTimeout(done, 60));

async function stopped(): Promise<never> {
  await pause();
  throw new Error("stopped");
}

async function resumed(): Promise<unknown> {
  await pause();
  return { samplesPerSecond: 5 };
}

describe("durations", () => {
  test("of a training that was stopped and resumed are those of both starts", async () => {
    const out = join(folder, "resumed");
    const [job] = plan(out) as [Job];
    await expect(runJob(job, { ...options(out, []), train: stopped })).rejects.toThrow("stopped");
    const before = (await readDurations(out, job)).trainSeconds!;
    expect(before).toBeGreaterThan(0.05);
    expect((await readTrainings(out, [job])).size).toBe(0);
    await runJob(job, { ...options(out, []), train: resumed });
    const both = (await readTrainings(out, [job])).get("bright")!.seconds;
    expect(both).toBeGreaterThan(before + 0.05);
    // The run is gone: what is trained now is another training.
    await rm(job.run, { recursive: true });
    await rm(job.scores[0]!.file);
    await runJob(job, options(out, []));
    expect((await readDurations(out, job)).trainSeconds).toBeLessThan(before);
  });

  test("that say that nothing was trained are not averaged", async () => {
    const out = join(folder, "untrained");
    const jobs = plan(out, [3, 4]);
    await runJob(jobs[0]!, options(out, []));
    await runJob(jobs[1]!, options(out, []));
    const file = join(out, "jobs", fold.id, "bright-seed4.json");
    const durations = JSON.parse(await readFile(file, "utf8")) as object;
    await writeFile(file, JSON.stringify({ ...durations, training: { samplesPerSecond: 0 } }));
    expect((await readTrainings(out, jobs)).get("bright")!.samplesPerSecond).toBe(5);
  });
});

const command = (job: Job) => [process.execPath, "-e", `process.exit(${job.seed})`] as const;

describe("runJobs", () => {
  test("one that fails stops no other, done ones are passed over, and nothing starts after a stop", async () => {
    const out = join(folder, "many");
    const jobs = plan(out, [0, 1, 2]);
    await runJob(jobs[2]!, options(out, []));
    const outcomes: string[] = [];
    const onEnd = (job: Job, outcome: string) => void outcomes.push(`${job.seed} ${outcome}`);
    expect(await runJobs(jobs, { atOnce: 2, out, command, onEnd })).toEqual([jobs[1]]);
    expect(outcomes.toSorted()).toEqual(["0 done", "1 failed", "2 was done"]);
    const left = await runJobs(jobs, { atOnce: 2, out, command, signal: AbortSignal.abort() });
    expect(left).toEqual(jobs.slice(0, 2));
  });

  test("starts none where one belongs to another configuration", async () => {
    const out = join(folder, "mixed");
    const jobs = plan(out, [0, 1]);
    await runJob(jobs[1]!, options(out, []));
    await writeFile(join(jobs[1]!.run, "recipe.json"), "{}");
    const started: number[] = [];
    const noted = (job: Job) => {
      started.push(job.seed);
      return command(job);
    };
    await expect(runJobs(jobs, { atOnce: 1, out, command: noted })).rejects.toThrow(
      "was begun with another configuration",
    );
    expect(started).toEqual([]);
  });

  test("a program that cannot be started is a failed job whose log says why", async () => {
    const out = join(folder, "absent");
    const jobs = plan(out, [0, 1]);
    const logs: string[] = [];
    const onEnd = (_: Job, outcome: string, log: string) => void logs.push(outcome, log);
    const absent = (job: Job) => (job.seed === 0 ? ([join(out, "nothing")] as const) : command(job));
    expect(await runJobs(jobs, { atOnce: 1, out, command: absent, onEnd })).toEqual(jobs);
    expect(await readFile(logs[1]!, "utf8")).toMatch(/^error: spawn .*nothing ENOENT\n$/);
  });
});
