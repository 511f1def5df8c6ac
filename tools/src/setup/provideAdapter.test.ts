/** @file Tests of the order in which set-up tries adapters, on a machine that is made up. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readAdapterFile } from "./adapterFile.ts";
import type { DriverEnv, ProbeReport, ProbeResult } from "./probe.ts";
import { provideAdapter, type SetupHost } from "./provideAdapter.ts";
import { SetupError } from "./setupError.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "candor-setup-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const report = (architecture: string, software: boolean, gflops: number[] = []): ProbeReport => ({
  vendor: "v",
  architecture,
  description: `driver of ${architecture}`,
  software,
  subgroupSize: 8,
  features: ["subgroups"],
  gflops,
});
const hardware = report("ampere", false);
const lavapipe = report("software", true);
const swiftShader = report("swiftshader", true);

interface Machine {
  /** Answer for the machine's own driver; a string says why there is none. */
  system: ProbeReport | string;
  lavapipeInstalled?: boolean;
  installFails?: string;
  loaderMissing?: boolean;
  swiftShaderFails?: string;
  env?: NodeJS.ProcessEnv;
}

const answer = (found: ProbeReport | string): ProbeResult =>
  typeof found === "string" ? { ok: false, why: found } : { ok: true, report: found };

function createHost(machine: Machine): SetupHost & { readonly lines: string[]; readonly calls: string[] } {
  const lines: string[] = [];
  const calls: string[] = [];
  const speeds: Record<string, number> = { unset: 5, "2": 6, "4": 9, "8": 7 };
  return {
    lines,
    calls,
    env: machine.env ?? {},
    say: (line) => lines.push(line),
    async probe(env: DriverEnv, timings = 0) {
      const driver = env["VK_ICD_FILENAMES"];
      calls.push(`probe ${driver ?? "system"}${timings > 0 ? " timed" : ""}`);
      if (driver === "lvp") {
        const threads = env["LP_NUM_THREADS"] ?? "unset";
        return answer(
          machine.lavapipeInstalled ? report("software", true, [speeds[threads] ?? 1]) : "no lavapipe",
        );
      }
      if (driver === "sws") return answer(machine.loaderMissing ? "no loader" : swiftShader);
      return answer(machine.system);
    },
    findLavapipe: () => (machine.lavapipeInstalled ? "lvp" : undefined),
    async installLavapipe() {
      calls.push("install");
      if (machine.installFails) throw new SetupError(machine.installFails);
      machine.lavapipeInstalled = true;
    },
    unpackSwiftShader() {
      calls.push("unpack");
      if (machine.swiftShaderFails) throw new SetupError(machine.swiftShaderFails);
      return "sws";
    },
    placeVulkanLoader() {
      calls.push("place");
      machine.loaderMissing = false;
    },
  };
}

it("takes a hardware driver first, and measures no threads", async () => {
  const host = createHost({ system: hardware, lavapipeInstalled: true });
  const choice = await provideAdapter({ root }, host);
  expect(choice).toMatchObject({ kind: "system", env: {}, measured: { software: false, threads: [] } });
  expect(host.calls).toEqual(["probe system"]);
  expect(readAdapterFile(root)).toEqual(choice);
});

it("takes an installed lavapipe, with the fastest number of threads, and says the figures", async () => {
  const host = createHost({ system: lavapipe, lavapipeInstalled: true });
  const choice = await provideAdapter({ root }, host);
  expect(choice).toMatchObject({ kind: "lavapipe", env: { VK_ICD_FILENAMES: "lvp" } });
  const fastest = choice.measured.threads[0];
  expect(choice.env["LP_NUM_THREADS"] ?? "unset").toBe(fastest?.threads);
  expect(host.lines.at(-1)).toContain("because it is installed and no hardware driver answered");
  expect(host.lines.at(-1)).toContain(`LP_NUM_THREADS ${fastest?.threads} was the fastest`);
});

it("installs lavapipe where no driver answers", async () => {
  const host = createHost({ system: "no adapter" });
  expect(await provideAdapter({ root }, host)).toMatchObject({ kind: "lavapipe" });
  expect(host.calls.slice(0, 3)).toEqual(["probe system", "install", "probe lvp"]);
});

it("falls back to SwiftShader where packages may not be installed, and says why", async () => {
  const host = createHost({ system: "no adapter", installFails: "not root" });
  const choice = await provideAdapter({ root }, host);
  expect(choice).toMatchObject({ kind: "swiftshader", env: { VK_ICD_FILENAMES: "sws" } });
  expect(choice.reason).toBe("no other way is open (system: no adapter; lavapipe: not root)");
  expect(host.calls).not.toContain("place");
});

it("puts the loader beside Dawn only where SwiftShader does not open without it", async () => {
  const host = createHost({ system: "no adapter", installFails: "not root", loaderMissing: true });
  expect(await provideAdapter({ root }, host)).toMatchObject({ kind: "swiftshader" });
  expect(host.calls.slice(-3)).toEqual(["probe sws", "place", "probe sws"]);
});

it("lists every way and why it failed if there is no adapter at all", async () => {
  const host = createHost({ system: "no adapter", installFails: "not root", swiftShaderFails: "not x64" });
  await expect(provideAdapter({ root }, host)).rejects.toThrow(
    "no WebGPU adapter can be had on this machine.\n  - system: no adapter\n  - lavapipe: not root\n  - swiftshader: not x64",
  );
  expect(readAdapterFile(root)).toBeUndefined();
});

it("keeps a choice that still opens, without measuring again", async () => {
  const machine: Machine = { system: lavapipe, lavapipeInstalled: true };
  const first = await provideAdapter({ root }, createHost(machine));
  const host = createHost(machine);
  expect(await provideAdapter({ root }, host)).toEqual(first);
  expect(host.calls).toEqual(["probe lvp"]);
  expect(host.lines[0]).toContain("Kept from an earlier set-up");
});

it("chooses again if the earlier choice no longer opens, if another is asked for, and by force", async () => {
  const machine: Machine = { system: lavapipe, lavapipeInstalled: true };
  await provideAdapter({ root }, createHost(machine));
  machine.lavapipeInstalled = false;
  machine.system = "no adapter";
  machine.installFails = "not root";
  const host = createHost(machine);
  expect(await provideAdapter({ root }, host)).toMatchObject({ kind: "swiftshader" });
  expect(host.lines[0]).toBe("adapter: the earlier choice, lavapipe, no longer opens: no lavapipe");
  machine.system = hardware;
  expect(await provideAdapter({ root }, createHost(machine))).toMatchObject({ kind: "swiftshader" });
  expect(await provideAdapter({ root, only: "system" }, createHost(machine))).toMatchObject({
    kind: "system",
  });
  const forced = createHost(machine);
  expect(await provideAdapter({ root, only: "swiftshader", force: true }, forced)).toMatchObject({
    kind: "swiftshader",
    reason: "it was asked for",
  });
  expect(forced.calls).not.toContain("probe system");
});

it("refuses to choose what a variable of the user would overrule", async () => {
  const host = createHost({ system: "no adapter", env: { VK_ICD_FILENAMES: "mine.json" } });
  await expect(provideAdapter({ root }, host)).rejects.toThrow(
    "swiftshader: VK_ICD_FILENAMES=mine.json is set and would win over the choice; unset it",
  );
});

it("measures no threads where the user has set their number", async () => {
  const host = createHost({ system: lavapipe, lavapipeInstalled: true, env: { LP_NUM_THREADS: "3" } });
  const choice = await provideAdapter({ root }, host);
  expect(choice.env).toEqual({ VK_ICD_FILENAMES: "lvp" });
  expect(choice.measured.threads).toEqual([]);
});
