/** @file The commands as processes: bad input ends with one message and a non-zero status. */

import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeTinyDomains } from "../protocols/fixtures/tinyDomains.ts";

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

/** Fields of a run that trains within a moment. */
async function writeTinyConfig(): Promise<string> {
  const config = join(folder, "tiny.json");
  const block = { width: 8, heads: 2, mlpRatio: 2 };
  const sizes = {
    imageSize: 4,
    vit: { imageSize: 4, patchSize: 2, layers: 1, ...block },
    connector: { kind: "gac", queries: 1, depth: 1, ...block },
    lm: {
      vocabularySize: 300,
      width: 8,
      layers: 1,
      heads: 2,
      kvHeads: 1,
      hidden: 16,
      ropeBase: 10_000,
      tiedHead: true,
    },
    steps: 2,
    batchSize: 4,
    checkpointEvery: 2,
    evaluateEvery: 2,
    optimizer: { learningRate: 1e-3, betas: [0.9, 0.98], weightDecay: 0, maxGradNorm: 1, warmupSteps: 1 },
  };
  await writeFile(config, JSON.stringify(sizes));
  return config;
}

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

  test(
    "trains and scores the folds of a protocol, and has nothing left to do the second time",
    { timeout: 480_000 },
    async () => {
      const manifest = await writeTinyDomains(join(folder, "data"));
      const out = join(folder, "protocol");
      const config = await writeTinyConfig();
      const flags = [
        `--manifest=${manifest}`,
        "--methods=vit-binary",
        "--seeds=4",
        `--config=${config}`,
        `--out=${out}`,
      ];
      const first = await run("crossDomain", ...flags, "--resamples=10", "--explain=0");
      expect(first.stderr).toMatch(/^1\/1 one-to-eleven vit-binary-seed4: done\n$/m);
      expect(first.stdout).toContain(join(out, "table.tex"));
      expect(await readFile(join(out, "table.md"), "utf8")).toMatch(/\| vit-binary \| 4 \| \d/);
      const again = await run("crossDomain", ...flags, "--dry-run");
      expect(again.stdout).toBe("0\tdone\tone-to-eleven vit-binary-seed4\tD1 -> D2, D3\n");
    },
  );

  test("a protocol that the manifest cannot serve is one message", async () => {
    const manifest = await writeTinyDomains(join(folder, "small"));
    const { status, stderr } = await run(
      "crossDomain",
      `--manifest=${manifest}`,
      "--protocol=wcs",
      "--methods=ifas",
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: \[foldRows\] fold FS-W: the manifest has nothing of D9 to train on/);
  });
});

describe("bench:ablation", () => {
  test("scores one training under every decoding, and keeps the table", { timeout: 480_000 }, async () => {
    const manifest = await writeTinyDomains(join(folder, "ablated"));
    const out = join(folder, "ablation");
    const record = join(folder, "kept.json");
    const { status, stdout } = await run(
      "ablation",
      `--manifest=${manifest}`,
      "--factors=decoding",
      "--seeds=4",
      `--config=${await writeTinyConfig()}`,
      `--out=${out}`,
      "--resamples=10",
      "--explain=2",
      `--record=${record}`,
    );
    expect(status).toBe(0);
    expect(stdout).toContain("| softmax of Yes and No |");
    const { settings } = JSON.parse(await readFile(record, "utf8")) as { settings: { method: string }[] };
    expect(settings.map(({ method }) => method)).toEqual(["ifas", "ifas+vdd", "ifas+post-hoc"]);
  });

  test("an unknown factor is one message that lists the factors", async () => {
    const { status, stderr } = await run("ablation", "--factors=caption");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: \[planAblation\] "caption" is no factor; factors are captions, loss/);
  });
});

describe("bench:kernels and bench:tune", () => {
  test.each([
    [
      "kernels",
      ["--tokens=0", "--only=embedding", "--no-cold"],
      /^error: --tokens must be a whole number of at least 1, got 0\n$/,
    ],
    [
      "kernels",
      ["--only=nosuchkernel", "--tokens=1", "--no-cold"],
      /^error: --only must be a part .* got "nosuchkernel":\n {2}matmul 512x/,
    ],
    ["tune", ["--matmul", "--attention=1x1x4x4x4", "--no-keep"], /Not enough arguments following: matmul\n$/],
    [
      "tune",
      ["--matmul=4x4x4", "--attention=1x1x4x4x6", "--storage=nn", "--no-keep"],
      /^error: \[attention\] .*the width 6 must be a multiple of 4/,
    ],
  ])("%s refuses %j before it measures anything", async (command, flags, message) => {
    const { status, stdout, stderr } = await run(command, ...flags);
    expect([status, stdout]).toEqual([1, ""]);
    const own = stderr.replaceAll(/^Warning: .*artificially reduced.*\n/gm, "");
    expect(own).toMatch(message);
  });

  test("bench:tune that is stopped has kept what it measured", async () => {
    const home = join(folder, "tune");
    await mkdir(join(home, ".candor"), { recursive: true });
    const file = fileURLToPath(new URL("./tune.ts", import.meta.url));
    const node = ["--conditions=@candor/source", `--import=${import.meta.resolve("tsx")}`, file];
    const tuning = spawn(process.execPath, [...node, "--matmul=4x4x4,512x512x512", "--storage=nn"], {
      cwd: home,
    });
    for await (const text of tuning.stderr) if (String(text).includes("[1/2] ")) break;
    tuning.kill("SIGKILL");
    const kept = join(home, ".candor", "tuning");
    const [name] = await readdir(kept);
    expect(JSON.parse(await readFile(join(kept, String(name)), "utf8"))).toMatchObject({
      families: { "matmul.f32": { choices: { "nn 4x4x4": expect.any(String) } } },
    });
  });
});
