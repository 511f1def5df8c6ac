/** @file `nx run bench:peers`: other tensor libraries and ours, on the same shapes in the same run. */

import { resolve } from "node:path";
import { readAdapterChoice } from "@candor/tensor-core/device";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { checkAgreement } from "../engine/peers/agreement.ts";
import { type BenchCase, budgetedMatmuls, caseName, parseMatmuls } from "../engine/peers/benchCase.ts";
import { judgeBudgets } from "../engine/peers/budgets.ts";
import { installPeers } from "../engine/peers/installPeers.ts";
import { peerEntries, peerNames } from "../engine/peers/peerLibrary.ts";
import { showAgreement, showBudgets, showResults } from "../engine/peers/peersTable.ts";
import { rounded } from "../engine/peers/rounded.ts";
import { runPeers } from "../engine/peers/runPeers.ts";
import { endProcess } from "./endProcess.ts";
import { keepReport, measuredOn } from "./measuredOn.ts";
import { wholeNumber } from "./wholeNumber.ts";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

const families = ["matmul", "attention", "mlp", "step", "cold"] as const;

await endProcess(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run bench:peers")
    .usage(
      "$0\n\nTimes jax-js, TensorFlow.js, onnxruntime and this engine on the same work, each in a process of its\n" +
        "own, one after another, and judges the budgets. The libraries are installed on demand through npm in\n" +
        ".candor/peers (about 750 MB), with exact versions and without running their scripts.",
    )
    .option("only", {
      type: "string",
      array: true,
      requiresArg: true,
      choices: peerNames,
      describe: "Only these sides",
    })
    .option("cases", {
      type: "string",
      array: true,
      requiresArg: true,
      choices: families,
      describe: "Only this work",
    })
    .option("matmul", {
      type: "string",
      array: true,
      default: [],
      requiresArg: true,
      describe: "Further products, MxKxN,...",
    })
    .option("threads", {
      type: "number",
      requiresArg: true,
      describe: "LP_NUM_THREADS for every side; by default as set-up chose",
    })
    .option("rounds", {
      type: "number",
      default: 1,
      describe: "Runs of every process; the lowest median of a case counts",
    })
    .option("json", { type: "boolean", default: false, describe: "Print JSON instead of tables" })
    .option("out", { type: "string", requiresArg: true, describe: "Also write the JSON to this file" })
    .example("$0 --json --rounds=2 --out packages/bench/results/peers.json", "The whole comparison")
    .example("$0 --only candor tfjs-webgpu --cases matmul --matmul=197x768x768", "A part of it")
    .strict()
    .parseAsync();
  const peers = peerNames.filter((name) => !flags.only || flags.only.includes(name));
  const cases = listCases(flags.cases ?? families, parseMatmuls(flags.matmul));
  const env: Record<string, string> = { ...(await readAdapterChoice())?.env, ...userDriver() };
  if (flags.threads !== undefined) env["LP_NUM_THREADS"] = String(wholeNumber("threads", flags.threads, 1));
  const folder = resolve(".candor", "peers");
  await installPeers(folder, peers, say);
  const results = await runPeers(peers, cases, {
    folder,
    env,
    rounds: wholeNumber("rounds", flags.rounds, 1),
    onResult: (peer, name, { timing, error }) =>
      say(`${peerEntries[peer].label}: ${name}: ${timing ? `${timing.medianMs.toPrecision(3)} ms` : error}`),
  });
  const report = {
    ...measuredOn(),
    threads: env["LP_NUM_THREADS"] ?? "default",
    packages: [...new Set(peers.flatMap((peer) => [...peerEntries[peer].packages]))],
    budgets: judgeBudgets(results),
    agreement: checkAgreement(results),
    results: results.map(({ cases: found, ...rest }) => ({
      ...rest,
      cases: Object.fromEntries(
        Object.entries(found).map(([name, result]) => [name, rounded({ ...result, sample: undefined })]),
      ),
    })),
  };
  keepReport(flags.out, report);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const adapters = results.map(
    ({ label, adapter, error }) => `${label}: ${error ? `${adapter} (${error})` : adapter}`,
  );
  process.stdout.write(
    [
      `${report.cpu}, Node ${report.node}, LP_NUM_THREADS ${report.threads}, commit ${report.commit}`,
      ...adapters,
      "",
      showResults(results, cases),
      "",
      showBudgets(report.budgets),
      "",
      showAgreement(report.agreement),
      "",
    ].join("\n"),
  );
});

function listCases(wanted: readonly (typeof families)[number][], extra: readonly BenchCase[]): BenchCase[] {
  const all: Record<(typeof families)[number], readonly BenchCase[]> = {
    matmul: budgetedMatmuls,
    attention: [{ kind: "attention" }, { kind: "attentionBackward" }],
    mlp: [{ kind: "mlp" }],
    step: [{ kind: "step" }],
    cold: [{ kind: "coldStep" }],
  };
  const cases = [
    ...families.filter((family) => wanted.includes(family)).flatMap((family) => all[family]),
    ...extra,
  ];
  return [...new Map(cases.map((work) => [caseName(work), work])).values()];
}

/** What the user has set wins over set-up's choice, as it does in the engine. */
function userDriver(): Record<string, string> {
  const names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "LP_NUM_THREADS"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
