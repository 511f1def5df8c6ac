/** @file `npm run demo`: renders faces, trains I-FAS and a baseline on them, and compares both across domains. */

import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureProcess, type MeasuredProcess } from "../process/measureProcess.ts";
import { runCommand } from "../process/runCommand.ts";
import { typescriptArguments } from "../process/typescriptCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { describeChoice } from "../setup/describeChoice.ts";
import { setUp } from "../setup/setUp.ts";
import { describeFigures, describePortraits, describeVerdicts, type DemoReport } from "./demoReport.ts";
import {
  benchCommand,
  demoMethods,
  fitCommand,
  portraitsCommand,
  type Prediction,
  readFitOutcome,
  readRenderOutcome,
  renderCommand,
  reportFolder,
  runFolder,
  type DemoOptions,
  type StageCommand,
} from "./demoStages.ts";

const help = `npm run demo [-- --out=runs/demo] [--scale=1] [--steps=N]

Sets up an adapter, renders faces in twelve camera domains, trains I-FAS and a binary ViT on the first of them,
judges both on all twelve, and says where the report lies.
  --out    folder of runs and report; the runs of an earlier demo in it are replaced
  --scale  multiplies the numbers of rendered frames
  --steps  training steps of each method; fewer are quicker and worse`;

interface Stage extends MeasuredProcess {
  readonly name: string;
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      out: { type: "string", default: "runs/demo" },
      scale: { type: "string" },
      steps: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  // A stage gets Ctrl-C from the terminal too and ends by itself, with its work saved; the demo then ends below.
  process.on("SIGINT", () => {});
  await demo(values);
  return 0;
});

async function demo(options: DemoOptions): Promise<void> {
  const started = performance.now();
  const choice = await setUp();
  const stages: Stage[] = [
    { name: "set-up", code: 0, stdout: "", seconds: secondsSince(started), peakMib: 0 },
  ];
  const run = async (command: StageCommand): Promise<string> => {
    const stage = await runStage(command, stages.length);
    stages.push(stage);
    return stage.stdout;
  };
  const rendered = readRenderOutcome(await run(renderCommand(options)));
  const fitted: string[] = [];
  for (const method of demoMethods) {
    // Checkpoints of an earlier demo must not pass for those of this one.
    rmSync(resolve(workspaceRoot, runFolder(options, method)), { recursive: true, force: true });
    const fit = readFitOutcome(await run(fitCommand(options, method, rendered.manifest)));
    fitted.push(
      `${method}: ${fit.parameters} parameters, ${fit.steps} steps, loss ${fit.finalLoss.toFixed(3)}, ` +
        `${fit.samplesPerSecond.toFixed(1)} samples/s`,
    );
  }
  const table = await run(benchCommand(options, rendered.manifest));
  const seen = JSON.parse(await run(portraitsCommand(options))) as Prediction[];
  const folder = resolve(workspaceRoot, reportFolder(options));
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as DemoReport;
  const rate =
    rendered.framesPerSecond === undefined
      ? "rendered by an earlier run"
      : `${rendered.framesPerSecond.toFixed(1)} images/s`;
  print("Domains", table.trimEnd().split("\n"));
  print("Sample verdicts of I-FAS", describeVerdicts(report));
  print("Two real portraits, of which a training on rendered faces knows nothing", describePortraits(seen));
  print("Adapter", [describeChoice(choice)]);
  print("Rendered", [`${rendered.frames} images, ${rate}`]);
  print("Trained", fitted);
  print("Figures, on rendered faces: no evidence of accuracy on real data sets", describeFigures(report));
  print("Time", [
    ...stages.map(({ name, seconds }) => `${seconds.toFixed(0).padStart(5)} s  ${name}`),
    `${secondsSince(started).toFixed(0).padStart(5)} s  in all; peak memory of a stage ${peakOf(stages)}`,
  ]);
  print("Report", [join(folder, "report.html")]);
}

async function runStage(command: StageCommand, index: number): Promise<Stage> {
  const last = demoMethods.length + 3;
  console.log(`[${index}/${last}] ${command.name}`);
  const program = join(workspaceRoot, command.program);
  const result = await measureProcess(
    process.execPath,
    typescriptArguments(program, command.args),
    workspaceRoot,
  );
  if (result.code !== 0) {
    const status = result.code === undefined ? "was ended by a signal" : `ended with status ${result.code}`;
    throw new Error(`${command.name} ${status}; its message stands above`);
  }
  return { ...result, name: command.name };
}

function print(title: string, lines: readonly string[]): void {
  console.log(`\n${title}\n  ${lines.join("\n  ")}`);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

function peakOf(stages: readonly Stage[]): string {
  const peak = Math.max(...stages.map(({ peakMib }) => peakMib));
  return peak > 0 ? `${(peak / 1024).toFixed(2)} GiB` : "is not told by this system";
}
