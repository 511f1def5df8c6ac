/** @file Tries a Vulkan driver in a process of its own, so that a driver which crashes cannot take set-up with it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess } from "../process/runProcess.ts";
import { typescriptArguments } from "../process/typescriptCommand.ts";

/** What a driver says of itself, and how fast it multiplied. */
export interface ProbeReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
  readonly subgroupSize: number;
  readonly features: readonly string[];
  /** One figure per timed multiplication, GFLOP/s; empty if none was asked for. */
  readonly gflops: readonly number[];
}

export type ProbeResult =
  { readonly ok: true; readonly report: ProbeReport } | { readonly ok: false; readonly why: string };

/** Environment variables of a driver: a string sets one, undefined takes it out of what the user has set. */
export type DriverEnv = Readonly<Record<string, string | undefined>>;

const reportMark = "candor-probe ";
const timeoutMs = 60_000;

/**
 * Opens a device with Dawn under the given variables, checks one multiplication, and times more of them on demand.
 *
 * @param env     variables laid over those of this process
 * @param timings number of timed multiplications
 */
export async function probe(env: DriverEnv, timings = 0): Promise<ProbeResult> {
  // Dawn would follow an earlier choice of set-up if it found one above the working folder.
  const cwd = mkdtempSync(join(tmpdir(), "candor-probe-"));
  const program = fileURLToPath(new URL("./probeProgram.ts", import.meta.url));
  try {
    const result = await runProcess(process.execPath, typescriptArguments(program, [String(timings)]), {
      cwd,
      env: { ...process.env, ...env },
      timeoutMs,
    });
    const line = result.stdout.split("\n").find((text) => text.startsWith(reportMark));
    if (line) return JSON.parse(line.slice(reportMark.length)) as ProbeResult;
    if (result.signal === "SIGKILL") return { ok: false, why: `it gave no answer in ${timeoutMs / 1000} s` };
    const last = result.stderr.trim().split("\n").at(-1) ?? "";
    return { ok: false, why: `it ended with ${result.signal ?? `status ${result.code}`}. ${last}`.trim() };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Prints a result in the form that {@link probe} reads. */
export function printProbeResult(result: ProbeResult): Promise<void> {
  return new Promise((resolve) =>
    process.stdout.write(`${reportMark}${JSON.stringify(result)}\n`, () => resolve()),
  );
}
