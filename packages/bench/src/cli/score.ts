/** @file `nx run bench:score`: judges foreign scores from a CSV file. */

import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { conventions } from "../metrics/conventions/conventions.ts";
import { renderComparison, renderConvention } from "../report/renderComparison.ts";
import { renderJudgement } from "../report/renderJudgement.ts";
import { compareScores } from "../scores/compareScores.ts";
import { judgeByConvention, judgeScores, testedScores } from "../scores/judgeScores.ts";
import { readScoreCsv } from "../scores/readScoreCsv.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

const names = Object.keys(conventions) as (keyof typeof conventions)[];

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:score")
    .usage(
      "$0 --scores=FILE.csv [--dev=FILE.csv]\n\n" +
        "Judges the scores of any system. The file has a header and a row a frame:\n" +
        "  dataset,subject,video,frame,label,attack,score\n" +
        "label is live or spoof, attack any name (none for live), score is P(live) in [0, 1].\n" +
        "Needed are label, score and video with frame (or id). Also known: id, split (train, dev, test), sentence.\n" +
        "Every data set is judged by itself. The deployable threshold is the EER's of the dev rows.",
    )
    .option("scores", { type: "string", demandOption: true, requiresArg: true, describe: "The scores, CSV" })
    .option("dev", {
      type: "string",
      requiresArg: true,
      describe: "Scores of the source's development split, CSV [rows with split dev]",
    })
    .option("convention", {
      choices: ["candor", ...names] as const,
      default: "candor" as const,
      describe: "Whose formulas, ties included; TPR of flip counts live as positive, of the others spoof",
    })
    .option("unit", {
      choices: ["video", "frame"] as const,
      default: "video" as const,
      describe: "Average P(live) over each video first, or judge frames",
    })
    .option("against", {
      type: "string",
      requiresArg: true,
      describe: "Scores of a second method on the same frames, its dev rows among them: paired tests",
    })
    .option("threshold", {
      type: "number",
      requiresArg: true,
      describe: "P(live) threshold in place of the dev rows'",
    })
    .option("resamples", {
      type: "number",
      default: 1000,
      describe: "Bootstrap resamples over subjects; 0 for none",
    })
    .option("seed", { type: "number", default: 0, describe: "Seed of the intervals" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print JSON; shares in [0, 1], null where blank",
    })
    .example("$0 --scores=test.csv --dev=dev.csv", "Literature's and deployable figures with intervals")
    .example("$0 --scores=test.csv --convention=flip", "As FLIP's table computes them")
    .example("$0 --scores=mine.csv --against=theirs.csv", "Is the difference more than chance?")
    .strict()
    .parseAsync();
  const { threshold } = flags;
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1.1)) {
    throw new Error(`--threshold must lie in [0, 1], got ${threshold}`);
  }
  const dev = flags.dev === undefined ? [] : (await readScoreCsv(flags.dev)).rows;
  const read = async (file: string, ownDev: readonly ScoreRow[]) =>
    testedScores((await readScoreCsv(file)).rows, { unit: flags.unit, dev: ownDev, threshold });
  const scores = await read(flags.scores, dev);
  const options = {
    seed: wholeNumber("seed", flags.seed, 0),
    resamples: wholeNumber("resamples", flags.resamples, 0),
  };
  const origin = { unit: flags.unit, convention: flags.convention, devThreshold: scores.devThreshold };
  const print = (report: object, blocks: readonly string[]) =>
    process.stdout.write(
      flags.json ? `${JSON.stringify({ ...origin, ...report })}\n` : `${blocks.join("\n\n")}\n`,
    );
  if (flags.against !== undefined) {
    if (flags.convention !== "candor")
      throw new Error("--against compares Candor's figures; leave --convention out");
    wholeNumber("resamples", flags.resamples, 1);
    const comparisons = compareScores(scores, await read(flags.against, []), options);
    if (comparisons.every((comparison) => comparison.auc === null))
      throw new Error("no data set has both classes; there is nothing to compare");
    print({ comparisons }, comparisons.map(renderComparison));
    return;
  }
  if (flags.convention !== "candor") {
    const datasets = judgeByConvention(flags.convention, scores);
    const { source } = conventions[flags.convention];
    print({ source, datasets }, [`As ${source}, per ${flags.unit}, in %`, ...datasets.map(renderConvention)]);
    return;
  }
  const datasets = judgeScores(scores, options);
  const fixed = scores.devThreshold === null ? "none" : `P(live) ${scores.devThreshold.toFixed(4)}`;
  print({ datasets }, [
    `Per ${flags.unit}, in %; dev threshold: ${fixed}`,
    ...datasets.map((judgement) => renderJudgement(judgement.dataset, judgement)),
  ]);
});
