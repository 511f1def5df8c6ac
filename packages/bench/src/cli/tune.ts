/** @file `nx run bench:tune`: finds the fastest variant of each kernel on this adapter and keeps it. */

import {
  Device,
  tuneAttention,
  type TunedAttention,
  type TunedProduct,
  tuneMatmul,
  writeTuning,
} from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { parseMatmuls } from "../engine/peers/benchCase.ts";
import { alignColumns } from "../engine/peers/peersTable.ts";
import {
  assertAttentions,
  attentionName,
  parseAttentions,
  usualAttentions,
} from "../engine/tune/attentionProblems.ts";
import { problemsOf, storages, usualProducts } from "../engine/tune/tuneProblems.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:tune")
    .usage(
      "$0\n\nTries every way to compute products and attention on this adapter, shape by shape, and keeps the\n" +
        "fastest in .candor/tuning, by adapter and version of the kernels. Every later run goes by it; delete\n" +
        "the file to go back to the defaults. With --matmul or --attention, only what they name is tuned.",
    )
    .option("matmul", {
      type: "string",
      array: true,
      default: [],
      requiresArg: true,
      describe: "Products as MxKxN, by commas, instead of what is usual",
    })
    .option("attention", {
      type: "string",
      array: true,
      default: [],
      requiresArg: true,
      describe:
        "Attention as BxHxTxSxD, by commas; H/K: fewer heads of keys; :causal behind it for that mask",
    })
    .option("storage", {
      type: "string",
      array: true,
      choices: storages,
      default: [...storages],
      requiresArg: true,
      describe: "How a and b are stored: n as written, t transposed",
    })
    .option("dtype", {
      choices: ["f32", "f16"] as const,
      default: "f32" as const,
      requiresArg: true,
      describe: "What a and b are stored as; q, k and v",
    })
    .option("repeats", {
      type: "number",
      default: 7,
      requiresArg: true,
      describe: "Measurements of each variant; the best counts",
    })
    .option("keep", {
      type: "boolean",
      default: true,
      describe: "Keep the choices; --no-keep only prints them",
    })
    .option("json", { type: "boolean", default: false, describe: "Print JSON instead of a table" })
    .example("$0", "Tune the usual shapes, in a few minutes")
    .example("$0 --matmul 1576x768x768,64x2080x64 --storage nt --no-keep", "Look at two products")
    .example("$0 --dtype f16 --matmul 1576x768x768 --storage nt", "Tune a product of halves")
    .example("$0 --attention 8x12x197x197x64,1x9/3x256x256x64:causal", "Tune two shapes of attention")
    .strict()
    .parseAsync();
  const named = parseMatmuls(flags.matmul);
  const namedAttentions = parseAttentions(flags.attention);
  const usual = named.length + namedAttentions.length === 0;
  const repeats = wholeNumber("repeats", flags.repeats, 1);
  const device = await Device.open();
  assertAttentions(device, namedAttentions);
  const products: TunedProduct[] = [];
  for (const problem of problemsOf(usual ? usualProducts : named, flags.storage, flags.dtype)) {
    const [tuned] = await tuneMatmul(device, [problem], { repeats });
    if (!tuned) continue;
    process.stderr.write(`${tuned.shapeClass}: ${tuned.chosen}\n`);
    products.push(tuned);
  }
  const attentions: TunedAttention[] = [];
  for (const problem of usual ? usualAttentions : namedAttentions) {
    const stored = { ...problem, dtype: flags.dtype };
    for (const tuned of await tuneAttention(device, [stored], { repeats })) {
      process.stderr.write(`attention ${tuned.shapeClass} ${tuned.pass}: ${tuned.chosen}\n`);
      attentions.push(tuned);
    }
  }
  const file = flags.keep ? await writeTuning(device.info, device.tuning) : undefined;
  const { description: adapter, threads } = device.info;
  const tables = [
    ...(products.length > 0 ? [showProducts(products)] : []),
    ...(attentions.length > 0 ? [showAttentions(attentions)] : []),
  ];
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ adapter, threads, file, products, attentions })}\n`
      : `${adapter}, LP_NUM_THREADS ${threads}\n\n${tables.join("\n\n")}\n${file === undefined ? "" : `\nkept in ${file}\n`}`,
  );
});

function showChosen({ chosen, untuned }: { readonly chosen: string; readonly untuned: string }): string {
  return chosen === untuned ? `${chosen} (the default)` : chosen;
}

function showProducts(products: readonly TunedProduct[]): string {
  const rows = products.map((product) => [
    `${product.problem.rows}x${product.problem.depth}x${product.problem.columns}${product.problem.halfA ? " f16" : ""}`,
    product.shapeClass,
    showChosen(product),
    product.tried.map(({ tiling, gflops }) => `${tiling} ${gflops.toPrecision(3)}`).join(", "),
  ]);
  return alignColumns([["product MxKxN", "shape class", "chosen", "tried, GFLOP/s"], ...rows]);
}

function showAttentions(attentions: readonly TunedAttention[]): string {
  const rows = attentions.map((tuned) => [
    `${attentionName(tuned.problem)}${tuned.problem.dtype === "f16" ? " f16" : ""}`,
    tuned.pass,
    tuned.shapeClass,
    showChosen(tuned),
    tuned.tried.map(({ variant, ms }) => `${variant} ${ms.toPrecision(3)}`).join(", "),
  ]);
  return alignColumns([["attention BxHxTxSxD", "pass", "shape class", "chosen", "tried, ms"], ...rows]);
}
