/** @file `nx run bench:ablation`: trains and scores I-FAS with one thing changed at a time, or every combination. */

import { resolve } from "node:path";
import { recipes } from "@candor/train";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { ablationTable } from "../ablation/ablationTable.ts";
import { factorsOf } from "../ablation/factors.ts";
import { baselineName, planAblation } from "../ablation/planAblation.ts";
import { writeAblation } from "../ablation/writeAblation.ts";
import { methodTable } from "../report/methodTable.ts";
import { ablationSection } from "../report/sections/ablationSection.ts";
import { writeReports } from "../report/writeReports.ts";
import { endProcess } from "./endProcess.ts";
import { runProtocol } from "./protocolJobs.ts";
import { protocolFlags, protocolOptions, words } from "./protocolOptions.ts";
import { readCommonConfig } from "./readVariants.ts";

/** Names and levels, which are the same for every recipe. */
const factors = factorsOf(recipes.starter("ifas", "").connector);

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:ablation")
    .usage(
      "$0 [--factors=captions,loss] [--design=one|full] [--seeds=0,1,2]\n\n" +
        "What each part of I-FAS adds: full I-FAS, and I-FAS with one factor changed (or with every combination of\n" +
        "them), trained and scored over several seeds, in one table with intervals and the paper's effects. Jobs whose\n" +
        "scores are there are done: the same command goes on, and --design=full goes on from --design=one.",
    )
    .option("factors", {
      type: "string",
      requiresArg: true,
      default: factors.map(({ name }) => name).join(","),
      describe: factors
        .map(({ name, levels }) => `${name}: ${levels.map((level) => level.name).join(", ")}`)
        .join("; "),
    })
    .option("design", {
      choices: ["one", "full"] as const,
      default: "one" as const,
      describe: "One factor at a time, or every combination",
    })
    .options(protocolOptions)
    .option("out", {
      type: "string",
      default: "runs/ablation",
      describe: "Folder of runs, scores and tables",
    })
    .option("record", {
      type: "string",
      requiresArg: true,
      describe: "Write the table's JSON to this file too, to be kept",
    })
    .example("$0 --dry-run", "The jobs, and which are done")
    .example("$0 --factors=loss --seeds=0", "The weight of the judgment, one seed")
    .example("$0 --recipe=clip-b16-smollm-135m --manifest=all.arrow --shards=crops", "Over published weights")
    .example("$0 --design=full --jobs=4", "All 180 trainings and their decodings")
    .strict()
    .parseAsync();
  const common = flags.config === undefined ? {} : readCommonConfig(flags.config);
  const plan = planAblation(words(flags.factors), flags.design, common, flags.recipe);
  const jobs = await protocolFlags(flags, flags.out);
  process.stdout.write(
    await runProtocol("ablation", plan.variants, jobs, async (files, context) => {
      const { resamples, seed } = context;
      const methods = methodTable(files, { resamples, seed, baseline: baselineName });
      const table = ablationTable(plan, files, methods, context.trainings ?? new Map());
      const { paths, markdown } = await writeAblation(
        flags.out,
        table,
        files,
        context.commands,
        flags.record,
      );
      const pages = await writeReports(files, {
        ...context,
        baseline: baselineName,
        table: methods,
        sections: [ablationSection(table)],
      });
      return [markdown, ...[...paths, ...pages.paths].map((path) => resolve(path))].join("\n");
    }),
  );
});
