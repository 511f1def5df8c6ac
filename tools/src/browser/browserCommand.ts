/** @file `nx run tensor-core:browser`: the bundle and the op suite in headless Chromium. */

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { bundleTensorCore } from "./bundleTensorCore.ts";
import { chromiumFlags } from "./chromiumFlags.ts";
import { provideChromium } from "./findChromium.ts";
import { BrowserStartError, tryBundle } from "./tryBundle.ts";

const help = `nx run tensor-core:browser [-- --record] [FILTER ...]

Bundles tensor-core for browsers, computes with the bundle in headless Chromium, and runs the op suite there, on the
software adapter that Chromium carries. FILTER names test files, as for vitest; all ops without one.
Debian's chromium is installed through apt where there is no browser and this user is root; elsewhere the suite is
skipped, and says so. CANDOR_CHROMIUM names another browser.
  --record   write the sizes of the bundle to packages/tensor-core/bundle.json`;

const folder = join(workspaceRoot, "packages", "tensor-core");
const say = (line: string): void => console.log(line);

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { record: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) {
    say(help);
    return 0;
  }
  const bundle = await bundleTensorCore();
  say(`browser: tensor-core is ${bundle.bytes} bytes minified, ${bundle.gzipBytes} with gzip`);
  if (values.record) record(bundle);
  const found = await provideChromium(process.env, say);
  if ("why" in found) {
    say(`browser: SKIPPED, no Chromium: ${found.why}. Install it, or name one by CANDOR_CHROMIUM.`);
    return 0;
  }
  const trial = await tryBundle(bundle, found.path).catch((error: unknown) => {
    if (error instanceof BrowserStartError) return error;
    throw error;
  });
  if (trial instanceof Error) {
    say(`browser: SKIPPED, ${trial.message}. Name another one by CANDOR_CHROMIUM.`);
    return 0;
  }
  const { adapter, product } = trial;
  if (product.join() !== "19,22,43,50") {
    throw new Error(`the bundle multiplies wrongly on ${adapter}: got ${product.join()}, not 19,22,43,50`);
  }
  say(`browser: the bundle computes in ${found.path} on ${adapter}`);
  return runSuite(found.path, positionals);
});

function record({ bytes, gzipBytes }: { bytes: number; gzipBytes: number }): void {
  const file = join(folder, "bundle.json");
  const before = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, `${JSON.stringify({ ...before, bytes, gzipBytes }, undefined, 2)}\n`);
}

function runSuite(chromium: string, filters: readonly string[]): Promise<number> {
  const manifest = createRequire(import.meta.url).resolve("vitest/package.json");
  const vitest = join(dirname(manifest), "vitest.mjs");
  const args = [vitest, "run", "--config", "vitest.browser.config.ts", ...filters];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      stdio: "inherit",
      env: {
        ...process.env,
        CANDOR_CHROMIUM: chromium,
        CANDOR_CHROMIUM_FLAGS: chromiumFlags.join(" "),
      },
    });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
