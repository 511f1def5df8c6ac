/** @file `nx run train:export`: a run's judgment as an ONNX file. */

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Device } from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { exportRun } from "../predictor/exportRun.ts";
import { runCommand } from "./runCommand.ts";

await runCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run train:export")
    .usage(
      "$0 --checkpoint=RUN --out=FILE.onnx\n\nWrites the judgment of a run as an ONNX file: images in, P(live) out, without sentences.",
    )
    .option("checkpoint", {
      type: "string",
      demandOption: true,
      describe: "Folder of a run, or a checkpoint in it",
    })
    .option("out", { type: "string", demandOption: true, describe: "The file" })
    .example("$0 --checkpoint=runs/starter-ifas-0 --out=ifas.onnx", "To run it without Candor")
    .epilogue("nx run bench:onnx scores the file with onnxruntime and says how far it is from the run.")
    .strict()
    .parseAsync();
  const device = await Device.open();
  const { bytes, predictor } = await exportRun(device, flags.checkpoint, (text) =>
    process.stderr.write(`warning: ${text}\n`),
  );
  const file = resolve(flags.out);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, bytes);
  renameSync(`${file}.tmp`, file);
  const { imageSize, threshold } = predictor;
  process.stdout.write(
    `${file}: ${(bytes.length / 2 ** 20).toFixed(1)} MiB\n` +
      `images [B, 3, ${imageSize}, ${imageSize}] RGB -> judgmentLogits [B, 2], pLive [B]; live from ${threshold.value} (${threshold.source})\n`,
  );
  return 0;
});
