/** @file `nx run train:predict`: verdict, P(live) and the sentence for images. */

import { decodeImage, imageBlock } from "@candor/data";
import { Device } from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { loadPredictor } from "../predictor/predictor.ts";
import { runCommand } from "./runCommand.ts";

interface Prediction {
  readonly image: string;
  readonly verdict?: "live" | "spoof";
  readonly pLive?: number;
  readonly sentence?: string;
  readonly error?: string;
}

await runCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run train:predict")
    .usage("$0 --checkpoint=RUN --image=FILE\n\nSays for each image whether a live person is there, and why.")
    .option("checkpoint", {
      type: "string",
      demandOption: true,
      describe: "Folder of a run, or a checkpoint in it",
    })
    .option("image", { type: "string", array: true, demandOption: true, describe: "One or more image files" })
    .option("threshold", {
      type: "number",
      describe: "P(live) from which the verdict is live [the run's own]",
    })
    .option("json", { type: "boolean", default: false, describe: "Print a JSON array" })
    .example("$0 --checkpoint=runs/starter-ifas-0 --image=face.jpg", "One image")
    .example("$0 --checkpoint=runs/starter-ifas-0 --image a.jpg b.jpg --json", "Several, for a program")
    .strict()
    .parseAsync();
  if (Number.isNaN(flags.threshold)) throw new Error("--threshold must be a number");
  const device = await Device.open();
  const predictor = await loadPredictor(device, flags.checkpoint, (text) =>
    process.stderr.write(`warning: ${text}\n`),
  );
  const threshold = flags.threshold ?? predictor.threshold.value;
  const predictions: Prediction[] = [];
  for (const image of flags.image) {
    try {
      const pixels = await decodeImage(image, predictor.imageSize);
      const set = imageBlock(pixels, predictor.imageSize);
      const pLive = (await predictor.score(set, [0]))[0] as number;
      const verdict = pLive >= threshold ? "live" : "spoof";
      const sentence = (await predictor.explain?.(set, [0], [verdict]))?.[0];
      predictions.push({ image, verdict, pLive, ...(sentence === undefined ? {} : { sentence }) });
    } catch (cause) {
      predictions.push({ image, error: cause instanceof Error ? cause.message : String(cause) });
    }
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(predictions, null, 2)}\n`);
  else {
    for (const { image, verdict, pLive, sentence, error } of predictions) {
      if (error !== undefined) process.stderr.write(`error: ${error}\n`);
      else
        process.stdout.write(`${image}\n  ${verdict}, P(live) ${pLive?.toFixed(3)}\n  ${sentence ?? ""}\n`);
    }
    const source = flags.threshold === undefined ? predictor.threshold.source : "given";
    process.stdout.write(`threshold ${threshold.toFixed(3)} (${source})\n`);
  }
  return predictions.some((p) => p.error !== undefined) ? 1 : 0;
});
