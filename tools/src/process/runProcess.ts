/** @file Runs a child process to its end and keeps what it printed. */

import { spawn } from "node:child_process";

export interface ProcessResult {
  /** Exit status; undefined if a signal ended it or it never started. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  /** What it printed to stderr, or why it did not start. */
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed after so many milliseconds; never if absent. */
  readonly timeoutMs?: number;
}

/**
 * Runs `file` with `args` and resolves when it has ended, however it ended.
 *
 * @param file program, or a path to one
 * @param args its arguments, passed without a shell
 */
export function runProcess(
  file: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", (error) =>
      resolve({ code: undefined, signal: undefined, stdout, stderr: error.message }),
    );
    child.on("close", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr }),
    );
  });
}
