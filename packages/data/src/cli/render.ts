/** @file `nx run data:render`: renders the starter data and, if asked, a contact sheet and the shortcut probe. */

import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { openDevice } from "@candor/tensor-core/device";
import { Presets, SingleBar } from "cli-progress";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";

import { readManifest } from "../manifest/readManifest.ts";
import { contactSheet } from "../render/contactSheet.ts";
import { defaultCounts, type StarterCounts } from "../render/planStarter.ts";
import { renderStarter } from "../render/renderStarter.ts";
import { shortcutProbe } from "../render/shortcutProbe.ts";

const flags = await yargs(hideBin(process.argv))
  .scriptName("nx run data:render --")
  .usage("Renders live and spoof faces in twelve camera domains.")
  .option("out", { type: "string", default: ".candor/data/starter", describe: "folder; a hash is appended" })
  .option("seed", { type: "number", default: 1, describe: "whole number that everything follows from" })
  .option("scale", { type: "number", default: 1, describe: "multiplies all counts" })
  .option("train", { type: "number", default: defaultCounts.train, describe: "frames of D1 train" })
  .option("dev", { type: "number", default: defaultCounts.dev, describe: "frames of D1 dev" })
  .option("test", { type: "number", default: defaultCounts.test, describe: "frames of D1 test" })
  .option("target", {
    type: "number",
    default: defaultCounts.target,
    describe: "frames of each of D2 to D12",
  })
  .option("sheet", { type: "string", describe: "PNG file for a contact sheet" })
  .option("probe", {
    type: "boolean",
    default: false,
    describe: "print what a linear probe tells from colours, corners, file size and box alone (D1)",
  })
  .example("$0", "the demo's data")
  .example("$0 --scale=4 --seed=2", "four times as many frames of other people")
  .example("$0 --train=40 --dev=8 --test=8 --target=8 --sheet=sheet.png", "a quick look")
  .strict()
  .help()
  .parse();

const whole = (count: number): number => 4 * Math.round((count * flags.scale) / 4);
const counts: StarterCounts = {
  train: whole(flags.train),
  dev: whole(flags.dev),
  test: whole(flags.test),
  target: whole(flags.target),
};
const bar = new SingleBar(
  { format: "rendering {bar} {value}/{total} frames, {eta_formatted} left", noTTYOutput: false },
  Presets.shades_classic,
);
const started = performance.now();
let before: number | null = null;
const result = await renderStarter({
  out: flags.out,
  seed: flags.seed,
  counts,
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
if (flags.sheet) {
  const file = resolve(flags.sheet);
  await mkdir(dirname(file), { recursive: true });
  const { rows } = await readManifest(result.manifest);
  await contactSheet(rows, result.folder, file);
  process.stdout.write(`${file}\n`);
}
if (flags.probe) {
  const { rows } = await readManifest(result.manifest);
  const trained = rows.filter((row) => row.dataset === "D1" && row.split === "train");
  const held = rows.filter((row) => row.dataset === "D1" && row.split !== "train");
  const report = await shortcutProbe(trained, held, result.folder);
  for (const [group, auc] of Object.entries(report)) {
    process.stdout.write(`shortcut probe, ${group}: AUC ${auc.toFixed(3)} (chance 0.5)\n`);
  }
}
// Dawn may hang at exit.
process.exit(0);
