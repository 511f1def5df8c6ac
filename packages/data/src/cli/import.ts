/** @file `nx run data:import`: reads a data set that lies on disk and writes its manifest. */
import { writeFile } from "node:fs/promises";
import { Presets, SingleBar } from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { parseSampling } from "../frames/frameSampling.ts";
import { importDataset } from "../import/importDataset.ts";
import { problemTotal } from "../import/problems.ts";
import { formatComparison, formatCounts, formatReport } from "../inspect/formatSummary.ts";
import { datasetsPage } from "../loaders/datasetsPage.ts";
import { describeLoader } from "../loaders/describeLoader.ts";
import { loaderNamed, loaders } from "../loaders/loaders.ts";
import { endCommand } from "./endCommand.ts";

await endCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:import --")
    .usage(
      "$0 --dataset NAME --root DIR --out FILE.arrow\n\nReads a data set that lies on disk and writes its manifest.",
    )
    .option("dataset", {
      type: "string",
      choices: loaders.map((loader) => loader.name),
      describe: "The data set's name",
    })
    .option("root", { type: "string", requiresArg: true, describe: "The data set's folder" })
    .option("out", { type: "string", requiresArg: true, describe: "The manifest to write" })
    .option("frames", {
      type: "string",
      default: "flip",
      describe: "Frames of a recording: flip (two, as FLIP), equidistant:N or every:K",
    })
    .option("strict", {
      type: "boolean",
      default: false,
      describe: "Write nothing where there is any problem",
    })
    .option("list", { type: "string", describe: "csv: the list file, relative to the root" })
    .option("live", { type: "string", describe: "csv: the label value that means live" })
    .option("report", { type: "string", describe: "Write problems and counts to this JSON file" })
    .option("describe", {
      type: "boolean",
      default: false,
      describe: "Say what the loader (or every loader) reads, and read nothing",
    })
    .option("markdown", {
      type: "boolean",
      default: false,
      describe: "With --describe: the page docs/datasets.md",
    })
    .example("$0 --dataset oulu-npu --root /data/OULU-NPU --out data/oulu.arrow", "two frames a video")
    .example(
      "$0 --dataset siw --root /data/SiW --out data/siw.arrow --frames equidistant:10",
      "ten frames a video",
    )
    .example("$0 --dataset csv --root my --list faces.csv --live 1 --out my/faces.arrow", "your own list")
    .example("$0 --dataset celeba-spoof --describe", "layout, encoding, splits")
    .strict()
    .parseAsync();
  if (flags.describe) {
    if (flags.markdown) {
      process.stdout.write(datasetsPage());
      return 0;
    }
    const chosen = flags.dataset ? [loaderNamed(flags.dataset)] : loaders;
    process.stdout.write(`${chosen.map(describeLoader).join("\n\n")}\n`);
    return 0;
  }
  const { dataset, root, out } = flags;
  if (!dataset || !root || !out)
    throw new Error("[import] --dataset, --root and --out are needed (see --help)");
  const bar = new SingleBar(
    { format: "reading {bar} {value}/{total} files, {eta_formatted} left", noTTYOutput: false },
    Presets.shades_classic,
  );
  const begun = performance.now();
  let started = false;
  const result = await importDataset({
    loader: loaderNamed(dataset),
    root,
    out,
    sampling: parseSampling(flags.frames),
    strict: flags.strict,
    ...(flags.list !== undefined && { list: flags.list }),
    ...(flags.live !== undefined && { live: flags.live }),
    onProgress: (done, total) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(done);
    },
  });
  bar.stop();
  const { counts, comparison, report, rows, written } = result;
  const parts = [
    formatCounts(counts),
    ...(comparison.length > 0 ? [formatComparison(comparison)] : []),
    formatReport(report),
  ];
  process.stdout.write(`${parts.join("\n\n")}\n\n`);
  if (flags.report) {
    const { problems, skipped } = report;
    const whole = {
      counts,
      comparison,
      problems: Object.fromEntries(problems),
      skipped: Object.fromEntries(skipped),
    };
    await writeFile(flags.report, `${JSON.stringify(whole, null, 2)}\n`);
  }
  if (!written) {
    const why =
      rows.length === 0 ? "no frame could be read" : `${problemTotal(report)} problems and --strict`;
    process.stderr.write(`[import] ${out} was not written: ${why}\n`);
    return 1;
  }
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(
    `${out}: ${rows.length} frames in ${seconds.toFixed(1)} s (${(rows.length / seconds).toFixed(1)} a second), ` +
      `peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`,
  );
  return 0;
});
