/** @file `nx run bench:cross-domain`: scores trained runs across domains and writes the report. */

import { resolve } from "node:path";
import { starterManifest } from "@candor/data";
import { Device } from "@candor/tensor-core";
import cliProgress from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { runOneToEleven } from "../protocols/runOneToEleven.ts";
import { renderTerminal } from "../report/renderTerminal.ts";
import { endProcess } from "./endProcess.ts";
import { leaveThreshold } from "./leaveThreshold.ts";
import { openRun } from "./openRun.ts";
import { parseRuns } from "./parseRuns.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:cross-domain")
    .usage(
      "$0 --runs METHOD=FOLDER ...\n\nScores trained runs on every domain and writes scores, tables and a page.",
    )
    .option("protocol", {
      choices: ["one-to-eleven"] as const,
      default: "one-to-eleven" as const,
      describe: "Which domains are trained on and tested",
    })
    .option("manifest", {
      type: "string",
      requiresArg: true,
      describe: "Arrow manifest [the newest starter data]",
    })
    .option("runs", {
      type: "string",
      array: true,
      requiresArg: true,
      describe: "Run folders, METHOD=FOLDER or FOLDER; may be repeated",
    })
    .option("checkpoint", {
      type: "string",
      requiresArg: true,
      describe: "A single run folder or checkpoint file; short for --runs FOLDER",
    })
    .option("source", { type: "string", default: "D1", describe: "The training domain" })
    .option("out", { type: "string", default: "runs/cross-domain", describe: "Folder of scores and report" })
    .option("explain", { type: "number", default: 16, describe: "Frames a domain that get a sentence" })
    .option("resamples", {
      type: "number",
      default: 1000,
      describe: "Bootstrap resamples of the intervals; 0 for none",
    })
    .option("batch", { type: "number", default: 32, describe: "Images a call" })
    .option("seed", { type: "number", default: 0, describe: "Seed of intervals, sentences and samples" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print the report as JSON instead of the table",
    })
    .example("$0 --runs ifas=runs/starter-ifas-0 --runs vit-binary=runs/starter-vit-binary-0", "Two methods")
    .example(
      "$0 --runs runs/a-0 --runs runs/a-1 --runs runs/a-2",
      "Three seeds of a method: mean ± deviation",
    )
    .example("$0 --checkpoint=runs/mine/checkpoints/step-0000600.safetensors", "One checkpoint")
    .strict()
    .parseAsync();
  const requests = parseRuns([
    ...(flags.runs ?? []),
    ...(flags.checkpoint === undefined ? [] : [flags.checkpoint]),
  ]);
  if (requests.length === 0) {
    throw new Error(
      "nothing to score: name a trained run, such as --runs ifas=runs/starter-ifas-0 (see --help)",
    );
  }
  const manifest = flags.manifest ?? (await starterManifest());
  const device = await Device.open();
  process.stderr.write(`adapter ${device.info.description}, LP_NUM_THREADS ${device.info.threads}\n`);
  const bar = new cliProgress.SingleBar({
    format: "{run} {bar} {value}/{total} images, {eta_formatted} left",
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  let shown = "";
  const steps = new Map<string, number>();
  const result = await runOneToEleven({
    manifest,
    runs: requests,
    openRun: async (folder) => {
      const opened = await openRun(device, folder, (text) => process.stderr.write(`warning: ${text}\n`));
      steps.set(folder, opened.predictor.step);
      return opened;
    },
    out: flags.out,
    source: flags.source,
    seed: wholeNumber("seed", flags.seed, 0),
    explain: wholeNumber("explain", flags.explain, 0),
    resamples: wholeNumber("resamples", flags.resamples, 0),
    batch: wholeNumber("batch", flags.batch, 1),
    commands: [`npx nx run bench:cross-domain ${hideBin(process.argv).join(" ")}`],
    created: new Date().toISOString(),
    onProgress: (run, done, all) => {
      if (shown !== run) {
        bar.stop();
        bar.start(all, 0, { run });
        shown = run;
      }
      bar.update(done);
    },
  });
  bar.stop();
  for (const warning of result.warnings) process.stderr.write(`note: ${warning}\n`);
  for (const [index, run] of result.report.runs.entries()) {
    const { folder } = requests[index]!;
    await leaveThreshold(folder, steps.get(folder)!, run, result.report.source);
  }
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(result.report)}\n`);
    return;
  }
  process.stdout.write(
    `${renderTerminal(result.report)}\n\n${result.imagesPerSecond.toFixed(1)} images/s with sentences\n` +
      `scores  ${result.scoreFiles.map((file) => resolve(file)).join("\n        ")}\n` +
      `report  ${resolve(result.written.html)}\n`,
  );
});
