/** @file `nx run bench:kernels`: our kernels against the adapter's own measured ceilings. */

import { resolve } from "node:path";
import { Device } from "@candor/tensor-core";
import { readAdapterChoice } from "@candor/tensor-core/device";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { type AttentionPoint, measureAttention } from "../engine/kernels/attentionScaling.ts";
import { measureCeilings } from "../engine/kernels/ceilings.ts";
import { type FirstStep, timeFirstStep } from "../engine/kernels/firstStep.ts";
import { kernelCases } from "../engine/kernels/kernelCases.ts";
import { type KernelResult, measureKernel } from "../engine/kernels/measureKernels.ts";
import type { BenchCase } from "../engine/peers/benchCase.ts";
import { alignColumns } from "../engine/peers/peersTable.ts";
import { rounded } from "../engine/peers/rounded.ts";
import { type PeerResults, runPeers } from "../engine/peers/runPeers.ts";
import { endProcess } from "./endProcess.ts";
import { keepReport, measuredOn } from "./measuredOn.ts";
import { wholeNumber } from "./wholeNumber.ts";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:kernels")
    .usage(
      "$0\n\nTimes kernels by the device's own clock and gives each as a share of the adapter's measured\n" +
        "multiply-add and copy rates; attention's time and memory by tokens; the first step with an empty\n" +
        "shader cache.",
    )
    .option("only", { type: "string", requiresArg: true, describe: "Only cases whose name holds this text" })
    .option("tokens", {
      type: "number",
      array: true,
      default: [197, 577, 1025, 2049],
      describe: "Lengths for attention",
    })
    .option("cold", {
      type: "boolean",
      default: true,
      describe: "Time the first step; --no-cold leaves it out",
    })
    .option("json", { type: "boolean", default: false, describe: "Print JSON instead of tables" })
    .option("out", { type: "string", requiresArg: true, describe: "Also write the JSON to this file" })
    .example("$0 --json --out packages/bench/results/kernels.json", "Everything")
    .example("$0 --only matmul --tokens 197 --no-cold", "A part of it")
    .strict()
    .parseAsync();
  const lengths = flags.tokens.map((tokens) => wholeNumber("tokens", tokens, 1));
  const device = await Device.open();
  const cases = kernelCases(device, flags.only);
  const ceilings = await measureCeilings(device);
  say(`ceilings: ${ceilings.gflops.toFixed(1)} GFLOP/s, ${ceilings.gigabytesPerSecond.toFixed(1)} GB/s`);
  const kernels: KernelResult[] = [];
  for (const work of cases) {
    const result = await measureKernel(device, work, ceilings);
    say(`${result.name}: ${result.medianMs.toPrecision(3)} ms`);
    kernels.push(result);
  }
  const attention: AttentionPoint[] = [];
  for (const tokens of lengths) {
    attention.push(await measureAttention(tokens));
    say(`attention over ${tokens} tokens`);
  }
  const report = rounded({
    ...measuredOn(),
    adapter: device.info.description,
    threads: device.info.threads,
    ceilings,
    kernels,
    attention,
    ...(flags.cold ? { firstStep: await timeFirstStep(runOurs) } : {}),
  });
  keepReport(flags.out, report);
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${show(report)}\n`);
});

async function runOurs(cases: readonly BenchCase[]): Promise<PeerResults | undefined> {
  const env = { ...(await readAdapterChoice())?.env };
  const [ours] = await runPeers(["candor"], cases, {
    folder: resolve(".candor", "peers"),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, process.env[name] ?? value])),
    rounds: 1,
  });
  return ours;
}

function show(report: {
  readonly adapter: string;
  readonly threads: string;
  readonly cpu: string;
  readonly commit: string;
  readonly ceilings: { readonly gflops: number; readonly gigabytesPerSecond: number };
  readonly kernels: readonly KernelResult[];
  readonly attention: readonly AttentionPoint[];
  readonly firstStep?: FirstStep;
}): string {
  const { ceilings, firstStep } = report;
  const rows = report.kernels.map((result) => [
    result.name,
    `${result.medianMs.toPrecision(3)} (${result.minMs.toPrecision(3)} - ${result.maxMs.toPrecision(3)})`,
    result.gflops > 0 ? result.gflops.toPrecision(3) : "-",
    result.gigabytesPerSecond.toPrecision(3),
    `${(100 * result.share).toFixed(0)} % of ${result.bound}`,
  ]);
  const points = report.attention.map(({ tokens, forwardMs, forwardBackwardMs, peakBytes, scoreBytes }) => [
    String(tokens),
    forwardMs.toPrecision(3),
    forwardBackwardMs.toPrecision(3),
    (peakBytes / 2 ** 20).toFixed(2),
    (peakBytes / tokens / 1024).toFixed(1),
    (scoreBytes / 2 ** 20).toFixed(2),
  ]);
  return [
    `${report.adapter}; ${report.cpu}, LP_NUM_THREADS ${report.threads}, commit ${report.commit}`,
    `ceilings: ${ceilings.gflops.toFixed(1)} GFLOP/s, ${ceilings.gigabytesPerSecond.toFixed(1)} GB/s`,
    "",
    alignColumns([["kernels", "median ms (min - max)", "GFLOP/s", "GB/s", "share"], ...rows]),
    "",
    alignColumns([
      ["attention tokens", "forward ms", "with backward", "peak MiB", "KiB a token", "T x T would be MiB"],
      ...points,
    ]),
    ...(firstStep
      ? [
          "",
          `first training step: ${firstStep.coldMs?.toFixed(0)} ms with an empty shader cache, ` +
            `${firstStep.warmMs?.toFixed(0)} ms with a full one`,
        ]
      : []),
  ].join("\n");
}
