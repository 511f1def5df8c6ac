/** @file The commands as processes: bad input ends with one message and a non-zero status. */

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, ...flags: string[]): Promise<Outcome> {
  const file = fileURLToPath(new URL(`./${command}.ts`, import.meta.url));
  const node = ["--conditions=@candor/source", "--import=tsx", file, ...flags];
  return new Promise((done) => {
    execFile(process.execPath, node, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const fixture = (name: string) => fileURLToPath(new URL(`../metrics/fixtures/${name}`, import.meta.url));

describe("bench:score", () => {
  test("judges a CSV file with the threshold of its dev rows", async () => {
    const csv = join(folder, "scores.csv");
    await writeFile(
      csv,
      "id,label,score,split\na,live,0.9,dev\nb,spoof,0.2,dev\nc,live,0.8,test\nd,spoof,0.6,test\ne,spoof,0.1,test\n",
    );
    const { status, stdout } = await run("score", `--scores=${csv}`, "--json", "--resamples=0");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      unit: "video",
      convention: "candor",
      devThreshold: 0.55,
      datasets: [{ dataset: "foreign", auc: 1, hterAtDevThreshold: 0.25, apcerByAttack: { unknown: 0.5 } }],
    });
  });

  test("a published convention, and a comparison, by the witness's files", async () => {
    const scores = `--scores=${fixture("witness.csv")}`;
    const [flip, paired] = await Promise.all([
      run("score", scores, "--convention=flip"),
      run("score", scores, `--against=${fixture("witnessOther.csv")}`, "--resamples=20", "--json"),
    ]);
    expect(flip.stdout).toMatch(
      /^As koushiksrivats\/FLIP.*\n\nsmooth: 40 live, 60 spoof\n {2}HTER.* 15\.00\n/,
    );
    const { comparisons } = JSON.parse(paired.stdout) as { comparisons: { dataset: string }[] };
    expect(comparisons.map(({ dataset }) => dataset)).toEqual(["smooth", "hundred", "ties", "reversed"]);
  });

  test("a missing file is one message and status 1", async () => {
    const { status, stdout, stderr } = await run("score", "--scores=/nowhere.csv");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^error: \[readScoreCsv\] cannot read \/nowhere\.csv.*\n$/);
  });
});

describe("bench:cross-domain", () => {
  test("without runs is one message and status 1", async () => {
    const { status, stderr } = await run("crossDomain");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: nothing to score: name a trained run.*\n$/);
  });

  test("an unknown flag is refused", async () => {
    const { status, stderr } = await run("crossDomain", "--run=x");
    expect(status).toBe(1);
    expect(stderr).toContain("Unknown argument: run");
  });
});
