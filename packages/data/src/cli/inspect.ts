/** @file `nx run data:inspect`: what a manifest holds. */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { inspectManifest } from "../inspect/inspectManifest.ts";
import { formatComparison, formatCounts } from "../inspect/formatSummary.ts";
import { sampleSheet } from "../inspect/sampleSheet.ts";
import { endCommand } from "./endCommand.ts";

await endCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:inspect --")
    .usage(
      "$0 --manifest FILE\n\nSays what a manifest holds: counts, published counts beside them, warnings.",
    )
    .option("manifest", { type: "string", demandOption: true, requiresArg: true, describe: "Arrow manifest" })
    .option("json", { type: "boolean", default: false, describe: "Print JSON" })
    .option("sheet", {
      type: "string",
      requiresArg: true,
      describe: "Draw samples of each split and attack to this PNG",
    })
    .option("columns", { type: "number", default: 8, describe: "Samples a line of the sheet" })
    .example("$0 --manifest data/oulu.arrow", "counts by split, label and attack")
    .example("$0 --manifest data/oulu.arrow --sheet runs/oulu.png", "a contact sheet with the face boxes")
    .strict()
    .parseAsync();
  const { rows, ...summary } = await inspectManifest(flags.manifest);
  if (flags.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    const facts = Object.entries(summary.metadata).map(([key, value]) => `${key}: ${value}`);
    const parts = [
      formatCounts(summary.counts),
      ...summary.comparisons.map(({ dataset, counts }) => `${dataset}\n${formatComparison(counts)}`),
      `boxes: ${summary.boxes.own} of the data set or a renderer, ${summary.boxes.whole} whole images`,
      `images: ${summary.sizes.smallest} to ${summary.sizes.largest}`,
      facts.join("\n"),
      summary.warnings.map((warning) => `warning: ${warning}`).join("\n") || "no warnings",
    ];
    process.stdout.write(`${parts.filter(Boolean).join("\n\n")}\n`);
  }
  if (flags.sheet) {
    const file = resolve(flags.sheet);
    await mkdir(dirname(file), { recursive: true });
    const drawn = await sampleSheet(rows, dirname(resolve(flags.manifest)), file, flags.columns);
    if (!flags.json) process.stdout.write(`\n${file}: ${drawn} samples\n`);
  }
  return 0;
});
