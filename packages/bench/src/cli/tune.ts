/** @file `nx run bench:tune`: finds the fastest variant of each kernel on this adapter and keeps it. */

import { Device, tuneMatmul, type TunedProduct, writeTuning } from "@candor/tensor-core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { parseMatmuls } from "../engine/peers/benchCase.ts";
import { alignColumns } from "../engine/peers/peersTable.ts";
import { problemsOf, storages, usualProducts } from "../engine/tune/tuneProblems.ts";
import { endProcess } from "./endProcess.ts";
import { wholeNumber } from "./wholeNumber.ts";

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:tune")
    .usage(
      "$0\n\nTries every way to compute a product on this adapter, shape by shape, and keeps the fastest in\n" +
        ".candor/tuning, by adapter and version of the kernels. Every later run goes by it; delete the file\n" +
        "to go back to the defaults.",
    )
    .option("matmul", {
      type: "string",
      array: true,
      default: [],
      describe: "Products as MxKxN, by commas, instead of the usual ones",
    })
    .option("storage", {
      type: "string",
      array: true,
      choices: storages,
      default: [...storages],
      describe: "How a and b are stored: n as written, t transposed",
    })
    .option("dtype", {
      choices: ["f32", "f16"] as const,
      default: "f32" as const,
      describe: "What a and b are stored as",
    })
    .option("repeats", {
      type: "number",
      default: 7,
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
    .strict()
    .parseAsync();
  const named = parseMatmuls(flags.matmul);
  const repeats = wholeNumber("repeats", flags.repeats, 1);
  const device = await Device.open();
  const products: TunedProduct[] = [];
  for (const problem of problemsOf(named.length > 0 ? named : usualProducts, flags.storage, flags.dtype)) {
    const [tuned] = await tuneMatmul(device, [problem], { repeats });
    if (!tuned) continue;
    process.stderr.write(`${tuned.shapeClass}: ${tuned.chosen}\n`);
    products.push(tuned);
  }
  const file = flags.keep ? await writeTuning(device.info, device.tuning) : undefined;
  const { description: adapter, threads } = device.info;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ adapter, threads, file, products })}\n`
      : `${adapter}, LP_NUM_THREADS ${threads}\n\n${show(products)}\n${file === undefined ? "" : `\nkept in ${file}\n`}`,
  );
});

function show(products: readonly TunedProduct[]): string {
  const rows = products.map(({ problem, tried, untuned, chosen, ...product }) => [
    `${problem.rows}x${problem.depth}x${problem.columns}${problem.halfA ? " f16" : ""}`,
    product.shapeClass,
    chosen === untuned ? `${chosen} (the default)` : chosen,
    tried.map(({ tiling, gflops }) => `${tiling} ${gflops.toPrecision(3)}`).join(", "),
  ]);
  return alignColumns([["product MxKxN", "shape class", "chosen", "tried, GFLOP/s"], ...rows]);
}
