/** @file `nx run bench:curves`: the training losses of runs in one plot. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseRunConfig, readMetrics } from "@candor/train";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { renderCurves, type TrainedRun } from "../report/renderCurves.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:curves")
    .usage("$0 --runs RUN ...\n\nDraws the training losses of runs into one page, from their metrics.jsonl.")
    .option("runs", { type: "string", array: true, demandOption: true, describe: "Folders of train:fit" })
    .option("out", { type: "string", default: "runs/curves.html", describe: "The page" })
    .option("window", { type: "number", default: 20, describe: "Steps of the running mean" })
    .option("note", { type: "string", default: "", describe: "A sentence for the page's head" })
    .example("$0 --runs runs/starter-ifas-0 runs/starter-flip-it-0", "Two methods")
    .strict()
    .parseAsync();
  const window = wholeNumber("window", flags.window, 1);
  const runs = flags.runs.map(openCurves);
  const file = resolve(flags.out);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renderCurves(runs, window, flags.note));
  process.stdout.write(`${file}\n`);
});

function openCurves(folder: string): TrainedRun {
  const file = join(folder, "config.json");
  if (!existsSync(file)) throw new Error(`${folder} is no run: it has no config.json`);
  const lines = readMetrics(join(folder, "metrics.jsonl")).filter((line) => typeof line["loss"] === "number");
  if (lines.length === 0) throw new Error(`${folder} has no training steps in metrics.jsonl yet`);
  const name = basename(resolve(folder));
  const measures = Object.keys(lines[0] ?? {}).filter((key) => /loss$/i.test(key));
  const steps = lines.map(({ step }) => step);
  return {
    name,
    config: parseRunConfig(JSON.parse(readFileSync(file, "utf8"))),
    curves: new Map(
      measures.map((measure) => [
        measure,
        { name, steps, losses: lines.map((line) => line[measure] as number) },
      ]),
    ),
  };
}
