/** @file `nx run bench:onnx`: a run's exported judgment, scored by onnxruntime beside the run itself. */

import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { openImages, readManifest } from "@candor/data";
import { Device } from "@candor/tensor-core";
import { exportRun } from "@candor/train";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { installPeers } from "../engine/peers/installPeers.ts";
import { compareOnnx, type OnnxRuntime } from "./compareOnnx.ts";
import { endProcess } from "./endProcess.ts";
import { keepReport, measuredOn } from "./measuredOn.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:onnx")
    .usage(
      "$0 --checkpoint=RUN\n\nExports a run as ONNX, scores frames with onnxruntime-node (CPU) and with the run itself, and prints the largest difference.",
    )
    .option("checkpoint", {
      type: "string",
      demandOption: true,
      describe: "Folder of a run, or a checkpoint in it",
    })
    .option("manifest", { type: "string", describe: "Arrow manifest of the frames [the run's own]" })
    .option("split", { type: "string", default: "test", describe: "Which of its frames" })
    .option("frames", { type: "number", default: 256, describe: "Most frames, spread over the split" })
    .option("json", { type: "boolean", default: false, describe: "Print the report as JSON" })
    .option("out", { type: "string", describe: "Keep the report in this file" })
    .option("packages", {
      type: "string",
      default: ".candor/peers",
      describe: "Where onnxruntime-node is installed",
    })
    .example("$0 --checkpoint=runs/starter-ifas-0", "All test frames of the rendered data")
    .strict()
    .parseAsync();
  const device = await Device.open();
  const { bytes, predictor } = await exportRun(device, flags.checkpoint);
  await installPeers(flags.packages, ["ort-cpu"], (line) => process.stderr.write(`${line}\n`));
  const load = createRequire(resolve(flags.packages, "package.json"));
  const ort = load("onnxruntime-node") as OnnxRuntime;
  const { version } = load("onnxruntime-node/package.json") as { version: string };

  const manifest = resolve(flags.manifest ?? predictor.config.manifest);
  const ofSplit = (await readManifest(manifest)).rows.filter((row) => row.split === flags.split);
  if (ofSplit.length === 0) throw new Error(`${manifest} has no frames of the split ${flags.split}`);
  const wanted = Math.min(wholeNumber("frames", flags.frames, 1), ofSplit.length);
  const rows = Array.from({ length: wanted }, (_, i) => ofSplit[Math.floor((i * ofSplit.length) / wanted)]!);
  const { imageSize: size } = predictor;
  const { images } = await openImages(rows, { root: dirname(manifest), size });

  const { largestDifference, otherVerdict } = await compareOnnx(ort, bytes, predictor, images);
  const report = {
    ...measuredOn(),
    adapter: device.info.description,
    threads: device.info.threads,
    onnxruntime: version,
    method: predictor.method,
    step: predictor.step,
    seed: predictor.config.seed,
    bytes: bytes.length,
    frames: wanted,
    largestDifference,
    otherVerdict,
  };
  keepReport(flags.out, report);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(report)}\n`
      : `${wanted} frames, ${report.method} at step ${report.step}: P(live) by onnxruntime-node ${version} differs by at most ` +
          `${largestDifference.toExponential(1)}; ${otherVerdict} verdicts differ\n`,
  );
});
