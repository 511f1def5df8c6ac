/** @file `nx run bench:score`: judges foreign scores from a CSV file. */

import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { groupBy } from "../metrics/groupBy.ts";
import { thresholdAtEer } from "../metrics/equalErrorRate.ts";
import { judgeSamples } from "../metrics/judgeSamples.ts";
import { videoScores } from "../metrics/videoScores.ts";
import { renderJudgement } from "../report/renderJudgement.ts";
import { readScoreCsv } from "../scores/readScoreCsv.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:score")
    .usage(
      "$0 --csv FILE\n\nJudges scores of any system: a CSV file with id, label (live or spoof) and score (P(live)).\nOptional columns: dataset, split, subject, video, frame, attack, sentence. Frames are averaged over videos.",
    )
    .option("csv", { type: "string", demandOption: true, requiresArg: true, describe: "The scores" })
    .option("threshold", {
      type: "number",
      describe: "P(live) threshold [EER of the rows with split dev, if any]",
    })
    .option("resamples", { type: "number", default: 1000, describe: "Bootstrap resamples; 0 for none" })
    .option("seed", { type: "number", default: 0, describe: "Seed of the intervals" })
    .option("json", { type: "boolean", default: false, describe: "Print JSON" })
    .example("$0 --csv=other.csv --threshold=0.5", "A fixed threshold")
    .strict()
    .parseAsync();
  const { rows } = await readScoreCsv(flags.csv);
  const dev = rows.filter((row) => row.split === "dev");
  const devThreshold = flags.threshold ?? (dev.length > 0 ? thresholdAtEer(videoScores(dev)) : null);
  if (devThreshold !== null && !(devThreshold >= 0 && devThreshold <= 1.1)) {
    throw new Error(`--threshold must lie in [0, 1], got ${devThreshold}`);
  }
  const options = {
    devThreshold,
    seed: wholeNumber("seed", flags.seed, 0),
    resamples: wholeNumber("resamples", flags.resamples, 0),
  };
  const tested = groupBy(
    rows.filter((row) => row.split === "test"),
    (row) => row.dataset,
  );
  if (tested.size === 0) throw new Error(`${flags.csv} has no rows with split "test"`);
  const judged = [...tested].map(([dataset, group]) => {
    const judgement = judgeSamples(videoScores(group), options);
    return { dataset, devThreshold, ...judgement };
  });
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(judged)}\n`
      : `${judged.map((judgement) => renderJudgement(judgement.dataset, judgement)).join("\n\n")}\n`,
  );
});
