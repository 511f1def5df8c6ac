/** @file `nx run bench:cross-domain`: scores trained runs across domains and writes the report. */

import { resolve } from "node:path";
import { starterManifest } from "@candor/data";
import { Device } from "@candor/tensor-core";
import cliProgress from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { runOneToEleven } from "../protocols/runOneToEleven.ts";
import { writeReports } from "../report/writeReports.ts";
import { renderTerminal } from "../report/renderTerminal.ts";
import { endProcess } from "./endProcess.ts";
import { leaveThreshold } from "./leaveThreshold.ts";
import { openRun } from "./openRun.ts";
import { parseRuns } from "./parseRuns.ts";
import { runProtocol } from "./protocolJobs.ts";
import { protocolFlags, protocolOptions, words } from "./protocolOptions.ts";
import { readVariants } from "./readVariants.ts";
import { recordedFlags } from "./recordedFlags.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:cross-domain")
    .usage(
      "$0 --runs METHOD=FOLDER ...\n$0 --protocol=NAME --methods=A,B --seeds=0,1,2 [--jobs=N]\n\n" +
        "Scores trained runs on every domain and writes scores, tables and a page; or trains and scores every fold,\n" +
        "seed and method of a protocol as jobs of their own. A job whose score file is there is done: the same command\n" +
        "goes on where it was stopped.",
    )
    .options(protocolOptions)
    .option("methods", {
      type: "string",
      requiresArg: true,
      describe: "Methods to train, with commas between",
    })
    .option("variants", {
      type: "string",
      requiresArg: true,
      describe: 'JSON file of further methods: {"name": {"method": "ifas", "config": {"alpha": 0.5}}}',
    })
    .option("baseline", {
      type: "string",
      requiresArg: true,
      describe: "Method that the others are tested against [ifas, or the first by name]",
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
    .option("source", { type: "string", default: "D1", describe: "The training domain of --runs" })
    .option("out", { type: "string", default: "runs/cross-domain", describe: "Folder of scores and report" })
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
    .example(
      "$0 --protocol=leave-one-out --methods=ifas,vit-binary --jobs=2 --out=runs/loo",
      "Four folds, three seeds, two methods: 24 jobs",
    )
    .example("$0 --protocol=wcs --methods=ifas --job=$SLURM_ARRAY_TASK_ID", "One job of an array")
    .example("$0 --checkpoint=runs/mine/checkpoints/step-0000600.safetensors", "One checkpoint")
    .strict()
    .parseAsync();
  if (flags.methods !== undefined || flags.variants !== undefined) {
    if (flags.runs || flags.checkpoint !== undefined)
      throw new Error("--methods and --variants train; leave --runs and --checkpoint out");
    const variants = readVariants(words(flags.methods ?? ""), flags.variants, flags.config, flags.recipe);
    const jobs = await protocolFlags(flags, flags.out);
    process.stdout.write(
      await runProtocol("crossDomain", variants, jobs, async (files, context) => {
        const { paths } = await writeReports(files, { ...context, baseline: flags.baseline });
        return [resolve(flags.out, "scores"), ...paths.map((path) => resolve(path))].join("\n");
      }),
    );
    return;
  }
  if (flags.protocol !== "one-to-eleven")
    throw new Error(`--runs scores one-to-eleven alone; ${flags.protocol} trains its folds: name --methods`);
  const requests = parseRuns([
    ...(flags.runs ?? []),
    ...(flags.checkpoint === undefined ? [] : [flags.checkpoint]),
  ]);
  if (requests.length === 0) {
    throw new Error(
      "nothing to score: name a trained run, such as --runs ifas=runs/starter-ifas-0, or --methods to train (see --help)",
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
    commands: [`npx nx run bench:cross-domain ${recordedFlags(hideBin(process.argv))}`],
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
