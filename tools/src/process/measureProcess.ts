/** @file Runs a child process in the user's terminal and measures its time and memory. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a child process cost, and what it printed to stdout. */
export interface MeasuredProcess {
  /** Exit status; undefined if a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly seconds: number;
  /** Peak resident memory, MiB; 0 where the system does not tell. */
  readonly peakMib: number;
}

const pollMs = 250;

/**
 * Runs `file` with stderr left to the terminal, so that its progress is seen, and stdout kept.
 *
 * @param file program, or a path to one
 * @param args its arguments
 * @param cwd  its working folder
 */
export function measureProcess(file: string, args: readonly string[], cwd: string): Promise<MeasuredProcess> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ["inherit", "pipe", "inherit"] });
    let stdout = "";
    let peakMib = 0;
    const look = (): void => {
      peakMib = Math.max(peakMib, readPeakMib(child.pid));
    };
    const timer = setInterval(look, pollMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      look();
    });
    child.on("error", (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearInterval(timer);
      resolve({ code: code ?? undefined, stdout, seconds: (performance.now() - started) / 1000, peakMib });
    });
  });
}

// VmHWM is the high-water mark that Linux itself keeps, so a poll misses nothing but the last moments.
function readPeakMib(pid: number | undefined): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
