/** @file `nx run data:crop`: face crops of a manifest, as Arrow shards. */
import { Presets, SingleBar } from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { cropDataset } from "../crops/cropDataset.ts";
import { endCommand } from "./endCommand.ts";

await endCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:crop --")
    .usage(
      "$0 --manifest FILE --out DIR\n\nFinds the faces of a manifest, aligns and crops them, and writes Arrow shards.",
    )
    .option("manifest", { type: "string", demandOption: true, requiresArg: true, describe: "Arrow manifest" })
    .option("out", {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "Folder of the shards",
    })
    .option("size", { type: "number", default: 224, describe: "Edge of a crop in pixels" })
    .option("margin", {
      type: "number",
      default: 0.25,
      describe: "Added on each side, as a part of the face box's longer edge",
    })
    .option("align", { type: "boolean", default: true, describe: "Turn the face so that the eyes lie level" })
    .option("by", {
      choices: ["detector", "box"] as const,
      default: "detector" as const,
      describe: "detector: BlazeFace, then the manifest's box; box: the manifest's box. Then the whole image",
    })
    .option("shard-rows", { type: "number", default: 512, describe: "Crops a shard" })
    .option("jobs", { type: "number", describe: "Processes; by default one a core" })
    .option("strict", { type: "boolean", default: false, describe: "Fail where a row has no crop" })
    .example("$0 --manifest data/oulu.arrow --out data/oulu-224", "224 pixels, aligned, margin 0.25")
    .example(
      "$0 --manifest data/celeba.arrow --out data/celeba-128 --size 128 --by box",
      "the data set's own boxes",
    )
    .strict()
    .parseAsync();
  const bar = new SingleBar(
    { format: "cropping {bar} {value}/{total} frames, {eta_formatted} left", noTTYOutput: false },
    Presets.shades_classic,
  );
  const begun = performance.now();
  let started = false;
  const result = await cropDataset({
    manifest: flags.manifest,
    out: flags.out,
    size: flags.size,
    margin: flags.margin,
    align: flags.align,
    by: flags.by,
    shardRows: flags["shard-rows"],
    ...(flags.jobs !== undefined && { jobs: flags.jobs }),
    onProgress: (done, total) => {
      if (!started) bar.start(total, done);
      started = true;
      bar.update(done);
    },
  });
  bar.stop();
  const { crops, made, shards, kept, sources, failures } = result;
  const seconds = (performance.now() - begun) / 1000;
  const percent = (count: number): string =>
    `${count} (${((100 * count) / Math.max(1, crops)).toFixed(1)} %)`;
  process.stdout.write(
    `${flags.out}: ${crops} crops in ${shards} shards, ${kept} of them there already; ` +
      `${made} made in ${seconds.toFixed(1)} s (${(made / seconds).toFixed(1)} a second)\n` +
      `cut by the detector: front ${percent(sources.front)}, back ${percent(sources.back)}; ` +
      `by the manifest's box: ${percent(sources.box)}; whole image: ${percent(sources.whole)}\n` +
      `peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`,
  );
  if (failures.count > 0) {
    const more =
      failures.count > failures.examples.length
        ? `\n    and ${failures.count - failures.examples.length} more`
        : "";
    process.stderr.write(
      `${failures.count} rows have no crop:\n    ${failures.examples.join("\n    ")}${more}\n`,
    );
    if (flags.strict) return 1;
  }
  return crops > 0 ? 0 : 1;
});
