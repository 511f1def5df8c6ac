/** @file `npm test`: set-up, every check of every project through nx, and the sum of all tests in the last line. */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { setUp } from "../setup/setUp.ts";
import { failedChecks, summarize, sumTests, type ProjectTests } from "./sumTests.ts";
import { listTestedProjects, readNxRun, readVitestResults, removeVitestResults } from "./testResults.ts";

const targets = ["lint", "format", "typecheck", "layers", "wgsl", "test", "browser"];

const help = `npm test [-- --skip-cache]

Sets up an adapter, then runs ${targets.join(", ")} over all projects through nx. What nx has in its
cache for the same sources, Node version and adapter is not run again; --skip-cache runs everything.
The last line reads "N passed, N failed" and counts tests; a check that fails counts as one failed.`;

await runCommand(async () => {
  const { values } = parseArgs({
    options: { "skip-cache": { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  await setUp();
  const projects = listTestedProjects(workspaceRoot);
  for (const { folder } of projects) removeVitestResults(workspaceRoot, folder);
  const started = Date.now();
  const status = await runNx(values["skip-cache"] ? ["--skip-nx-cache"] : []);
  const run = readNxRun(workspaceRoot, started);
  const tests: ProjectTests[] = projects.map(({ name, folder }) => ({
    project: name,
    results: readVitestResults(workspaceRoot, folder),
  }));
  const total = sumTests(tests, failedChecks(run, targets));
  // nx knows of failures that neither a test nor a check reports, such as a project graph that it cannot read.
  const failed = status !== 0 && total.failed === 0 ? 1 : total.failed;
  for (const line of summarize(tests, run)) console.log(line);
  console.log(`${total.passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});

function runNx(options: readonly string[]): Promise<number> {
  const nx = createRequire(import.meta.url).resolve("nx/bin/nx.js");
  // Two projects at a time would share the cores with the driver's own threads; see CONTRIBUTING.md.
  const args = ["run-many", "-t", ...targets, "--parallel=2", "--outputStyle=static", ...options];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [nx, ...args], {
      cwd: workspaceRoot,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        NX_DAEMON: "false",
        NX_NO_CLOUD: "true",
        NX_TUI: "false",
        NX_CACHE_DIRECTORY: join(workspaceRoot, ".nx", "cache"),
      },
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
