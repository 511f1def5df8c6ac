/** @file `nx run data:caption`: spoof-aware captions of a manifest by SCF, stage by stage. */

import { dirname, join, relative } from "node:path";
import { defaultKeywords, readKeywords, type Split, splits, starterManifest } from "@candor/data";
import { Device } from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { captionerRecipe } from "../captioner/captionerRecipe.ts";
import { besides, openCaptionWork } from "../captioner/captionWork.ts";
import { filterStage } from "../captioner/filterStage.ts";
import { finetuneStage } from "../captioner/finetuneStage.ts";
import { type GeneralCaptioner, generalStage } from "../captioner/generalStage.ts";
import { recaptionStage } from "../captioner/recaptionStage.ts";
import { showFilter, showFinetune, showGeneral, showRecaption } from "../captioner/showCounts.ts";
import { showCost, showLine } from "../captioner/showLine.ts";
import { showProgress } from "../loop/progress.ts";
import { loadPredictor } from "../predictor/predictor.ts";
import { recipes } from "../recipes/recipes.ts";
import { parseRunConfig, type RunConfig } from "../recipes/runConfig.ts";
import { readJson } from "./readJson.ts";
import { runCommand } from "./runCommand.ts";

const captionerRecipes = { captioner: captionerRecipe, ...recipes } as const;
const stages = ["general", "filter", "finetune", "recaption"] as const;
const keyVariable = "CANDOR_CAPTION_KEY";
const interrupted = 130;

/** Our choice: the paper does not publish what its captioner is asked. */
const defaultPrompt =
  "Describe this photo of a face in one short sentence: the person, the light, and whatever can be seen of paper, a " +
  "screen, glare, edges or a mask. Name only what you see.";

const warn = (text: string) => void process.stderr.write(`warning: ${text}\n`);

await runCommand(async (signal) => {
  const flags = await readFlags();
  if (flags.showKeywords) {
    process.stdout.write(`${JSON.stringify(defaultKeywords, null, 2)}\n`);
    return 0;
  }
  const manifest = flags.manifest ?? (await starterManifest());
  const folder = flags.work ?? join(dirname(manifest), "captions");
  const work = await openCaptionWork(
    manifest,
    folder,
    namesIn(flags.splits).map((split) => {
      if (splits.includes(split as Split)) return split as Split;
      throw new Error(`--splits takes ${splits.join(", ")}, got ${split}`);
    }),
    namesIn(flags.datasets ?? ""),
  );
  const out = flags.out ?? besides(work.manifest, "scf");
  const keywords = flags.keywords === undefined ? defaultKeywords : await readKeywords(flags.keywords);
  const report: Record<string, unknown> = {};
  const say = (stage: string, counts: unknown, text: string) => {
    report[stage] = counts;
    if (!flags.json) process.stdout.write(`${text}\n`);
  };
  let device: Device | undefined;
  const openOnce = async () => (device ??= await Device.open());
  for (const stage of flags.stage === "all" ? stages : [flags.stage]) {
    if (stage === "general") {
      const line = showLine();
      const by = await captionerOf(flags, openOnce, line.show, signal);
      const counts = await generalStage(
        work,
        by,
        (done, total) => line.show(`general ${done}/${total}`),
        signal,
      )
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
          return undefined;
        })
        .finally(() => line.end());
      if (counts) say(stage, counts, showGeneral(counts));
      if (counts?.server?.failed) {
        throw new Error(
          `${counts.server.failed} frames have no caption yet: run the same command again, or leave them out and go on ` +
            "with --stage=filter",
        );
      }
    } else if (stage === "filter") {
      const counts = await filterStage(work, keywords);
      say(stage, counts, showFilter(counts));
    } else if (stage === "finetune") {
      const counts = await finetuneStage(await openOnce(), work, baseConfig(flags), {
        from: flags.checkpoint,
        groundingSteps: flags.groundingSteps,
        progress: showProgress,
        warn,
        signal,
      });
      say(stage, counts, showFinetune(counts));
    } else {
      const captioner = await loadPredictor(await openOnce(), work.files.captioner, warn);
      if (captioner.step < captioner.config.steps) {
        warn(
          `the captioner has been trained for ${captioner.step} of ${captioner.config.steps} steps so far`,
        );
      }
      const line = showLine();
      const counts = await recaptionStage(work, captioner, {
        keywords,
        out,
        shards: flags.shards,
        onProgress: (done, total) => line.show(`recaption ${done}/${total}`),
        signal,
      }).finally(() => line.end());
      say(stage, counts, showRecaption(counts));
    }
    if (signal.aborted) break;
  }
  if (device) report["device"] = { adapter: device.info.description, threads: device.info.threads };
  if (flags.json) process.stdout.write(`${JSON.stringify({ seed: flags.seed, ...report })}\n`);
  if (!signal.aborted) return 0;
  process.stderr.write(
    `stopped; what was done is kept in ${relative(".", folder)}: run the same command to go on\n`,
  );
  return interrupted;
});

type Flags = Awaited<ReturnType<typeof readFlags>>;

async function readFlags() {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:caption")
    .usage(
      "$0 [flags]\n\nSpoof-aware captions by SCF of I-FAS: a general captioner, a filter by the matching attack, a " +
        "captioner that learns the kept pairs, and its captions of every spoof frame. Every stage can be stopped.",
    )
    .option("manifest", { type: "string", describe: "Arrow manifest of the data [the newest starter data]" })
    .option("stage", {
      choices: ["all", ...stages] as const,
      default: "all" as const,
      describe: "What to run",
    })
    .option("work", {
      type: "string",
      describe: "Folder of the stages' files [captions, beside the manifest]",
    })
    .option("out", { type: "string", describe: "The new manifest, beside the old one [NAME.scf.arrow]" })
    .option("splits", { type: "string", default: "train,dev", describe: "Splits to caption" })
    .option("datasets", { type: "string", describe: "Data sets to caption, with commas between [all]" })
    .option("captions", {
      type: "string",
      describe: "General captions: a CSV or JSONL file with id and caption",
    })
    .option("endpoint", {
      type: "string",
      describe: `General captions: base address of an OpenAI-compatible server; its key in ${keyVariable}`,
    })
    .option("checkpoint", {
      type: "string",
      describe:
        "General captions: a captioner of ours, such as another run's captions/captioner; then fine-tuned",
    })
    .option("noise", {
      type: "string",
      describe:
        "General captions of rendered data: MISSING,WRONG,FALSE, rates of what is left out, wrong, false on live",
    })
    .option("model", { type: "string", describe: "The server's model" })
    .option("prompt", { type: "string", default: defaultPrompt, describe: "What the server is asked" })
    .option("timeout", { type: "number", default: 60, describe: "Seconds a request may take" })
    .option("retries", { type: "number", default: 5, describe: "Further tries of a request that failed" })
    .option("rate", { type: "number", describe: "Most requests a minute" })
    .option("jobs", { type: "number", default: 4, describe: "Requests at once" })
    .option("max-tokens", { type: "number", default: 80, describe: "Most tokens of a server's caption" })
    .option("price", { type: "string", describe: "IN,OUT: price of a million tokens, to show the cost" })
    .option("keywords", {
      type: "string",
      describe: "JSON file, attack to keywords [ours, see --show-keywords]",
    })
    .option("show-keywords", { type: "boolean", default: false, describe: "Print our dictionary and end" })
    .option("recipe", {
      choices: Object.keys(captionerRecipes),
      default: "captioner",
      describe: "The captioner's configuration",
    })
    .option("config", { type: "string", describe: "JSON file with fields that replace the recipe's" })
    .option("shards", {
      type: "string",
      describe: "Crops that data:crop made of the manifest [the image files]",
    })
    .option("grounding-steps", {
      type: "number",
      default: 500,
      describe: "Steps on the attacks' templates before the captions, for a captioner from initial weights",
    })
    .option("steps", { type: "number", describe: "Training steps of the captioner [the recipe's]" })
    .option("batch-size", { type: "number", describe: "Samples in a step [the recipe's]" })
    .option("seed", { type: "number", default: 0, describe: "Seed of the noise, weights and batches" })
    .option("json", { type: "boolean", default: false, describe: "Print the counts as JSON" })
    .example("$0", "Rendered faces, by the noisy captioner with 0.3,0.15,0.05")
    .example(
      "$0 --stage=general --endpoint=http://localhost:8000/v1 --model=qwen2-vl",
      "Captions by a local server",
    )
    .example(
      "$0 --captions=theirs.csv --keywords=mine.json --grounding-steps=1000 --steps=600",
      "Captions of another program",
    )
    .strict()
    .parserConfiguration({ "duplicate-arguments-array": false })
    .parseAsync();
  for (const name of [
    "timeout",
    "retries",
    "rate",
    "jobs",
    "max-tokens",
    "grounding-steps",
    "steps",
    "batch-size",
    "seed",
  ] as const) {
    const value = flags[name];
    const least =
      name === "retries" || name === "seed" || name === "grounding-steps"
        ? 0
        : name === "timeout" || name === "rate"
          ? 1e-3
          : 1;
    if (value !== undefined && !(value >= least))
      throw new Error(`--${name} must be at least ${least}, got ${value}`);
  }
  return flags;
}

async function captionerOf(
  flags: Flags,
  openOnce: () => Promise<Device>,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<GeneralCaptioner> {
  const { captions, endpoint, checkpoint, noise } = flags;
  const named = Object.entries({ captions, endpoint, checkpoint, noise }).filter(
    ([, value]) => value !== undefined,
  );
  if (named.length > 1) {
    throw new Error(`give one general captioner, got ${named.map(([name]) => `--${name}`).join(" and ")}`);
  }
  if (captions !== undefined) return { kind: "file", file: captions };
  if (checkpoint !== undefined) {
    const captioner = await loadPredictor(await openOnce(), checkpoint, warn);
    return { kind: "model", folder: checkpoint, captioner, shards: flags.shards };
  }
  if (endpoint !== undefined) return serverOf(flags, endpoint, show, signal);
  const [missing, wrong, falseOnLive] = numbersIn(noise ?? "0.3,0.15,0.05", 3, "noise") as [
    number,
    number,
    number,
  ];
  return { kind: "noise", noise: { seed: flags.seed, missing, wrong, falseOnLive } };
}

function serverOf(
  flags: Flags,
  endpoint: string,
  show: (text: string) => void,
  signal: AbortSignal,
): GeneralCaptioner {
  const { model, prompt, timeout, retries, rate, jobs, maxTokens } = flags;
  if (model === undefined) throw new Error("--endpoint needs --model, the name by which the server knows it");
  if (!URL.canParse(endpoint))
    throw new Error(`--endpoint must be an address such as http://localhost:8000/v1`);
  const price = flags.price === undefined ? undefined : numbersIn(flags.price, 2, "price");
  return {
    kind: "server",
    server: {
      endpoint,
      model,
      prompt,
      timeout,
      retries,
      rate,
      jobs,
      maxTokens,
      signal,
      warn,
      key: process.env[keyVariable],
      backoff: 1,
      onProgress: (progress) => show(showCost(progress, price)),
    },
  };
}

/** The recipe or, where a captioner is fine-tuned, that captioner's configuration; then the JSON file, then the flags. */
function baseConfig(flags: Flags): RunConfig {
  const { checkpoint, config: file, batchSize, seed, shards } = flags;
  const recipe = captionerRecipes[flags.recipe as keyof typeof captionerRecipes]("ifas", "");
  const base = checkpoint === undefined ? recipe : readJson(join(checkpoint, "config.json"));
  const given = { ...base, ...(file === undefined ? {} : readJson(file)) } as RunConfig;
  const { optimizer } = given;
  const steps = flags.steps ?? given.steps;
  return parseRunConfig({
    ...given,
    // A short run has a short warm-up.
    optimizer: { ...optimizer, warmupSteps: Math.min(optimizer.warmupSteps, Math.ceil(steps / 10)) },
    steps,
    seed,
    evaluateEvery: steps,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(shards === undefined ? {} : { shards }),
  });
}

function namesIn(list: string): string[] {
  return list.split(",").filter(Boolean);
}

function numbersIn(list: string, count: number, flag: string): number[] {
  const numbers = list.split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
  if (numbers.length === count && numbers.every((number) => number >= 0)) return numbers;
  throw new Error(`--${flag} takes ${count} numbers with commas between, got "${list}"`);
}
