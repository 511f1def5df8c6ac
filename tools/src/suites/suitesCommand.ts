/** @file `nx run tools:suites`: the op suite on each software adapter, with all features and without some. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { type ProcessResult, runProcess } from "../process/runProcess.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { driverOf, type SoftwareAdapter, softwareAdapters } from "../setup/driverOf.ts";
import { type DriverEnv, probe } from "../setup/probe.ts";
import {
  assertCounted,
  countSuite,
  mergeSuites,
  showSuite,
  type SuiteRecord,
  type SuiteReport,
} from "./suiteRecord.ts";

const kinds = softwareAdapters;
const help = `nx run tools:suites [-- --adapter=NAME] [--without=FEATURES | --whole] [--timeout=SECONDS] [--record] [FILTER ...]

Runs the op suite of tensor-core on lavapipe and on SwiftShader, each with all features and without subgroups and
shader-f16: four runs, one after another. FILTER names test files, as for vitest; src/ops without one.
  --adapter  only this one: ${kinds.join(" or ")}
  --without  only the run without these features, such as subgroups,shader-f16
  --whole    only the run with all features
  --timeout  seconds that a test may take where it does not say itself; 600 without it
  --record   put the counts into packages/tensor-core/results/suites.json, beside those of other runs
The exit status is 1 if a test fails, and if none runs or vitest itself fails: such a run is not recorded.
Example: nx run tools:suites -- --adapter=swiftshader --without=subgroups,shader-f16 --record`;

const folder = join(workspaceRoot, "packages", "tensor-core");
const recordFile = join(folder, "results", "suites.json");

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: {
      adapter: { type: "string" },
      without: { type: "string" },
      whole: { type: "boolean", default: false },
      timeout: { type: "string", default: "600" },
      record: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const { adapter, without, whole, record } = values;
  if (whole && without !== undefined) throw new Error("--whole and --without exclude each other");
  if (adapter !== undefined && !kinds.some((kind) => kind === adapter)) {
    throw new Error(`--adapter must be ${kinds.join(" or ")}, got ${adapter}`);
  }
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new Error(`--timeout must be a number > 0, got ${values.timeout}`);
  const left = whole ? [""] : without === undefined ? ["", "subgroups,shader-f16"] : [without];
  const filter = positionals.length > 0 ? positionals : ["src/ops"];
  const runs: SuiteRecord[] = [];
  for (const kind of adapter === undefined ? kinds : [adapter as SoftwareAdapter]) {
    for (const features of left) {
      const run = await runSuite(kind, features, filter, seconds);
      runs.push(run);
      console.log(`suites: ${showSuite(run)}`);
      for (const name of run.failures) console.log(`suites: failed: ${name}`);
      if (record) writeRecord(run);
    }
  }
  return runs.some(({ failed }) => failed > 0) ? 1 : 0;
});

async function runSuite(
  kind: SoftwareAdapter,
  without: string,
  filter: readonly string[],
  timeoutSeconds: number,
): Promise<SuiteRecord> {
  const env = { VK_ICD_FILENAMES: driverOf(kind), VK_DRIVER_FILES: undefined, CANDOR_WITHOUT: without };
  const probed = await probe(env);
  if (!probed.ok) throw new Error(`${kind} does not open: ${probed.why}`);
  const started = performance.now();
  const { report, status } = await runVitest(env, filter, timeoutSeconds);
  const counts = countSuite(report, folder, workspaceRoot);
  assertCounted(counts, filter, status);
  const left = without.split(",").filter((name) => name !== "");
  return {
    adapter: probed.report.description,
    without: left,
    features: probed.report.features,
    filter,
    ...counts,
    seconds: Math.round((performance.now() - started) / 1000),
    date: new Date().toISOString().slice(0, 10),
    commit: await commitOf(),
    command: `nx run tools:suites -- --adapter=${kind} ${without ? `--without=${without}` : "--whole"} ${filter.join(" ")}`,
  };
}

async function runVitest(
  env: DriverEnv,
  filter: readonly string[],
  timeoutSeconds: number,
): Promise<{ readonly report: SuiteReport; readonly status: number | null }> {
  const kept = mkdtempSync(join(tmpdir(), "candor-suite-"));
  const outputFile = join(kept, "report.json");
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const config = ["--config", "vitest.suites.config.ts", `--testTimeout=${timeoutSeconds * 1000}`];
  const args = [vitest, "run", "--root", folder, ...config];
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, [...args, ...filter], {
        cwd: workspaceRoot,
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, ...env, CANDOR_SUITE_REPORT: outputFile },
      });
      child.on("error", reject);
      child.on("exit", (code) => resolve(code));
    });
    if (!existsSync(outputFile)) throw new Error("vitest wrote no report; run it by hand for the reason");
    return { report: JSON.parse(readFileSync(outputFile, "utf8")) as SuiteReport, status };
  } finally {
    rmSync(kept, { recursive: true, force: true });
  }
}

function git(...args: string[]): Promise<ProcessResult> {
  return runProcess("git", args, { cwd: folder });
}

/** The commit that is checked out, with a + where files that it holds differ. */
async function commitOf(): Promise<string> {
  const { stdout } = await git("rev-parse", "--short", "HEAD");
  const changed = await git("status", "--porcelain", "--untracked-files=no", "--", "src");
  return `${stdout.trim()}${changed.stdout.trim() === "" ? "" : "+"}`;
}

function writeRecord(run: SuiteRecord): void {
  mkdirSync(dirname(recordFile), { recursive: true });
  const recorded = existsSync(recordFile)
    ? (JSON.parse(readFileSync(recordFile, "utf8")) as SuiteRecord[])
    : [];
  writeFileSync(recordFile, `${JSON.stringify(mergeSuites(recorded, [run]), undefined, 1)}\n`);
}
