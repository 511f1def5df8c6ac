/** @file `nx run data:render`: renders starter or benchmark data and, if asked, a contact sheet and the shortcut probe. */

import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { openDevice } from "@candor/tensor-core/device";
import { Presets, SingleBar } from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";

import { readManifest } from "../manifest/readManifest.ts";
import { contactSheet } from "../render/contactSheet.ts";
import { benchmarkCounts, planBenchmark } from "../render/planBenchmark.ts";
import { defaultCounts, planStarter } from "../render/planStarter.ts";
import { renderPlan } from "../render/renderPlan.ts";
import { shortcutBound, shortcutProbe } from "../render/shortcutProbe.ts";

const flags = await yargs(hideBin(process.argv))
  .scriptName("nx run data:render --")
  .usage("Renders live and spoof faces in twelve camera domains.")
  .option("plan", {
    choices: ["starter", "benchmark"] as const,
    default: "starter" as const,
    describe: "starter: D1 to train on, D2 to D12 to test; benchmark: every split of every domain",
  })
  .option("out", { type: "string", describe: "folder; a hash is appended [.candor/data/PLAN]" })
  .option("seed", { type: "number", default: 1, describe: "whole number that everything follows from" })
  .option("scale", { type: "number", default: 1, describe: "multiplies all counts of frames or subjects" })
  .option("train", { type: "number", describe: `starter: frames of D1 train [${defaultCounts.train}]` })
  .option("dev", { type: "number", describe: `starter: frames of D1 dev [${defaultCounts.dev}]` })
  .option("test", { type: "number", describe: `starter: frames of D1 test [${defaultCounts.test}]` })
  .option("target", {
    type: "number",
    describe: `starter: frames of each of D2 to D12 [${defaultCounts.target}]`,
  })
  .option("subjects", {
    type: "number",
    describe: `benchmark: training subjects of each domain; dev has a third, test half as many [${benchmarkCounts.train}]`,
  })
  .option("frames", {
    type: "number",
    describe: `benchmark: frames of each video; a subject has a live and a spoof one [${benchmarkCounts.frames}]`,
  })
  .option("sheet", { type: "string", describe: "PNG file for a contact sheet" })
  .option("probe", {
    type: "boolean",
    default: true,
    describe: "print what a linear probe tells from colours, corners, file size and box alone (D1)",
  })
  .example("$0", "the demo's data")
  .example("$0 --scale=4 --seed=2", "four times as many frames of other people")
  .example("$0 --train=40 --dev=8 --test=8 --target=8 --sheet=sheet.png", "a quick look")
  .example("$0 --plan=benchmark --subjects=72 --frames=8", "25,344 frames, all splits of all domains")
  .check((given) => {
    const foreign =
      given.plan === "starter"
        ? (["subjects", "frames"] as const)
        : (["train", "dev", "test", "target"] as const);
    for (const flag of foreign) {
      if (given[flag] !== undefined) throw new Error(`--${flag} is not a flag of --plan=${given.plan}`);
    }
    return true;
  })
  .strict()
  .help()
  .parse();

const whole = (count: number): number => 4 * Math.round((count * flags.scale) / 4);
const chosen = (() => {
  if (flags.plan === "starter") {
    const counts = {
      train: whole(flags.train ?? defaultCounts.train),
      dev: whole(flags.dev ?? defaultCounts.dev),
      test: whole(flags.test ?? defaultCounts.test),
      target: whole(flags.target ?? defaultCounts.target),
    };
    return { counts, plan: planStarter(flags.seed, counts) };
  }
  const train = Math.round((flags.subjects ?? benchmarkCounts.train) * flags.scale);
  const counts = {
    train,
    dev: Math.ceil(train / 3),
    test: Math.ceil(train / 2),
    frames: flags.frames ?? benchmarkCounts.frames,
  };
  return { counts, plan: planBenchmark(flags.seed, counts) };
})();
const bar = new SingleBar(
  { format: "rendering {bar} {value}/{total} frames, {eta_formatted} left", noTTYOutput: false },
  Presets.shades_classic,
);
const started = performance.now();
let before: number | null = null;
const result = await renderPlan({
  out: flags.out ?? `.candor/data/${flags.plan}`,
  seed: flags.seed,
  ...chosen,
  openGpu: async () => (await openDevice()).gpu,
  onProgress: (done, total) => {
    if (before === null) {
      before = done;
      bar.start(total, done);
    } else bar.update(done);
  },
});
bar.stop();
const seconds = (performance.now() - started) / 1000;
const drawn = result.frames - (before ?? 0);
const resumed = before ? `, ${drawn} of them` : "";
process.stdout.write(
  result.reused
    ? `${result.manifest}: ${result.frames} frames, there already\n`
    : `${result.manifest}: ${result.frames} frames${resumed} in ${seconds.toFixed(1)} s (${(drawn / seconds).toFixed(1)} a second)\n`,
);
const { rows } = await readManifest(result.manifest);
if (flags.sheet) {
  const file = resolve(flags.sheet);
  await mkdir(dirname(file), { recursive: true });
  await contactSheet(rows, result.folder, file);
  process.stdout.write(`${file}\n`);
}
const trained = rows.filter((row) => row.dataset === "D1" && row.split === "train");
const held = rows.filter((row) => row.dataset === "D1" && row.split !== "train");
if (flags.probe && trained.length > 0 && held.length > 0) {
  const report = await shortcutProbe(trained, held, result.folder);
  for (const [group, auc] of Object.entries(report)) {
    const bound = group === "all" ? `, bound ${shortcutBound}` : "";
    process.stdout.write(`shortcut probe, ${group}: AUC ${auc.toFixed(3)} (chance 0.5${bound})\n`);
  }
}
// Dawn may hang at exit.
process.exit(0);
