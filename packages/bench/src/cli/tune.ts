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
        "fastest in .candor/tuning, by adapter and version of the kernels, as soon as each shape is measured.\n" +
        "Every later run goes by it; delete the file to go back to the defaults. With --matmul or --attention,\n" +
        "only what they name is tuned.",
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
  const problems = problemsOf(usual ? usualProducts : named, flags.storage, flags.dtype);
  const passes = usual ? usualAttentions : namedAttentions;
  const total = problems.length + passes.length;
  let file: string | undefined;
  // Kept shape by shape, so that a run that is stopped loses none.
  const finish = async (shape: number, lines: readonly string[]): Promise<void> => {
    if (flags.keep) file = await writeTuning(device.info, device.tuning);
    for (const line of lines) process.stderr.write(`[${shape}/${total}] ${line}\n`);
  };
  const products: TunedProduct[] = [];
  for (const [i, problem] of problems.entries()) {
    const tuned = await tuneMatmul(device, [problem], { repeats });
    products.push(...tuned);
    const lines = tuned.map(({ shapeClass, chosen }) => `${shapeClass}: ${chosen}`);
    await finish(i + 1, lines);
  }
  const attentions: TunedAttention[] = [];
  for (const [i, problem] of passes.entries()) {
    const tuned = await tuneAttention(device, [{ ...problem, dtype: flags.dtype }], { repeats });
    attentions.push(...tuned);
    const lines = tuned.map(({ shapeClass, pass, chosen }) => `attention ${shapeClass} ${pass}: ${chosen}`);
    await finish(problems.length + i + 1, lines);
  }
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
