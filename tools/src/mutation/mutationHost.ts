/** @file Keeps a process that runs tests, and starts another where a fault hangs or ends it. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { typescriptArguments } from "../process/typescriptCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import type { MutantRequest, Plan, Reply, Request, Verdict } from "./mutationMessages.ts";

const startMs = 300_000;
const planMs = 1_800_000;

/** Runs tests in a child process. */
export class MutationHost {
  #child: ChildProcess | undefined;

  /** Runs every test of a file whose name matches a pattern without a fault, twice. */
  async plan(file: string, named: string): Promise<Plan> {
    const reply = await this.#ask({ kind: "plan", file, named }, planMs);
    if (!reply || !("plan" in reply)) throw new Error(`${file} ended the process without any fault`);
    return reply.plan;
  }

  /**
   * Runs tests with a fault until one fails.
   *
   * @param timeoutMs a process that takes longer is ended: the fault is killed, since a suite that hangs is seen
   */
  async examine(request: MutantRequest, timeoutMs: number): Promise<Verdict> {
    const reply = await this.#ask(request, timeoutMs);
    if (reply && "verdict" in reply) return reply.verdict;
    return { kind: "killed" };
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #ask(request: Request, timeoutMs: number): Promise<Reply | undefined> {
    const child = (this.#child ??= await start());
    const answer = nextReply(child, timeoutMs);
    child.send(request);
    const reply = await answer;
    if (!reply) this.close();
    return reply;
  }
}

async function start(): Promise<ChildProcess> {
  const worker = fileURLToPath(new URL("mutationWorker.ts", import.meta.url));
  const child = spawn(process.execPath, typescriptArguments(worker), {
    cwd: workspaceRoot,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-2000)));
  if (!(await nextReply(child, startMs))) throw new Error(`the tests could not be loaded: ${stderr.trim()}`);
  return child;
}

/** The next message; undefined if the process ends or is too slow. */
function nextReply(child: ChildProcess, timeoutMs: number): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const end = (reply: Reply | undefined): void => {
      clearTimeout(timer);
      child.off("message", end as (message: unknown) => void);
      child.off("exit", lose);
      resolve(reply);
    };
    const lose = (): void => end(undefined);
    const timer = setTimeout(lose, timeoutMs);
    child.on("message", end as (message: unknown) => void);
    child.on("exit", lose);
  });
}
