/** @file `nx run bench:report`: makes the report again from score files, without a model or a GPU. */

import { dirname, resolve } from "node:path";
import { readManifest } from "@candor/data";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { buildReport } from "../report/buildReport.ts";
import { readThumbnails } from "../report/readThumbnails.ts";
import { renderTerminal } from "../report/renderTerminal.ts";
import { writeReport } from "../report/writeReport.ts";
import { readScores } from "../scores/readScores.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:report")
    .usage("$0 --scores FILE ...\n\nComputes every table and plot again from score files.")
    .option("scores", {
      type: "string",
      array: true,
      demandOption: true,
      requiresArg: true,
      describe: "Arrow score files; may be repeated",
    })
    .option("manifest", {
      type: "string",
      requiresArg: true,
      describe: "Arrow manifest, for the sample images",
    })
    .option("source", { type: "string", default: "D1", describe: "The training domain" })
    .option("out", { type: "string", default: "runs/report", describe: "Folder of the report" })
    .option("resamples", {
      type: "number",
      default: 1000,
      describe: "Bootstrap resamples of the intervals; 0 for none",
    })
    .option("seed", { type: "number", default: 0, describe: "Seed of intervals and samples" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print the report as JSON instead of the table",
    })
    .example("$0 --scores runs/cross-domain/scores/ifas-seed0.arrow", "One run")
    .strict()
    .parseAsync();
  const files = await Promise.all(flags.scores.map(readScores));
  const report = buildReport(files, {
    source: flags.source,
    seed: wholeNumber("seed", flags.seed, 0),
    resamples: wholeNumber("resamples", flags.resamples, 0),
    commands: [`npx nx run bench:report ${hideBin(process.argv).join(" ")}`],
    created: new Date().toISOString(),
  });
  const thumbnails =
    flags.manifest === undefined
      ? new Map<string, string>()
      : await readThumbnails(
          report.samples,
          (await readManifest(flags.manifest)).rows,
          dirname(flags.manifest),
        );
  const written = await writeReport(flags.out, report, files, { thumbnails });
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(report)}\n`
      : `${renderTerminal(report)}\n\nreport  ${resolve(written.html)}\n`,
  );
});
