/** @file `nx run bench:report`: makes the report again from score files, without a model or a GPU. */

import { dirname, resolve } from "node:path";
import { readManifest } from "@candor/data";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { renderTerminal } from "../report/renderTerminal.ts";
import { writeReports } from "../report/writeReports.ts";
import { readScores } from "../scores/readScores.ts";
import { endProcess } from "./endProcess.ts";
import { recordedFlags } from "./recordedFlags.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:report")
    .usage(
      "$0 --scores FILE ...\n\nComputes every table and plot again from score files: means over seeds with intervals and\npaired tests (Markdown, LaTeX, JSON), and a page for each fold.",
    )
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
    .option("shards", {
      type: "string",
      requiresArg: true,
      describe: "Crops of the manifest that were scored, for the sample images [the image files]",
    })
    .option("source", {
      type: "string",
      requiresArg: true,
      describe: "The training domains, with commas between [as the files say, else D1]",
    })
    .option("baseline", {
      type: "string",
      requiresArg: true,
      describe: "Method that the others are tested against [ifas, or the first by name]",
    })
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
      describe: "Print the reports as a JSON array instead of the tables",
    })
    .example("$0 --scores runs/cross-domain/scores/ifas-seed0.arrow", "One run")
    .example(
      "$0 --scores runs/loo/scores/*/*.arrow --out=runs/loo",
      "All folds, methods and seeds of a protocol",
    )
    .strict()
    .parseAsync();
  const files = await Promise.all(flags.scores.map(readScores));
  const { reports, paths } = await writeReports(files, {
    out: flags.out,
    source: flags.source,
    seed: wholeNumber("seed", flags.seed, 0),
    resamples: wholeNumber("resamples", flags.resamples, 0),
    baseline: flags.baseline,
    commands: [`npx nx run bench:report ${recordedFlags(hideBin(process.argv))}`],
    images:
      flags.manifest === undefined
        ? undefined
        : {
            rows: (await readManifest(flags.manifest)).rows,
            root: dirname(flags.manifest),
            shards: flags.shards,
          },
    created: new Date().toISOString(),
  });
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(reports)}\n`
      : `${[...reports.map(renderTerminal), paths.map((path) => resolve(path)).join("\n")].join("\n\n")}\n`,
  );
});
