/** @file Keeps a process that runs tests, and starts another where a fault hangs or ends it. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { typescriptArguments } from "../process/typescriptCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import type { Loss, MutantRequest, Plan, Reply, Request, Verdict } from "./mutationMessages.ts";

const startMs = 300_000;
const planMs = 1_800_000;
const slowFactor = 10;
/** What is used of a child process that runs tests. */
export interface TestProcess {
  on(event: "message" | "exit", listener: (message: unknown) => void): unknown;
  off(event: "message" | "exit", listener: (message: unknown) => void): unknown;
  send(request: Request): unknown;
  kill(signal: "SIGKILL"): unknown;
}

/** Runs tests in a child process. */
export class MutationHost {
  readonly #start: () => Promise<TestProcess>;
  #child: TestProcess | undefined;
  #processes = 0;

  /** @param start starts a process, and waits until it is ready */
  constructor(start: () => Promise<TestProcess>) {
    this.#start = start;
  }

  /** How many processes were started so far: where it rises, the process before has taken its state with it. */
  get processes(): number {
    return this.#processes;
  }

  /** Runs every test of a file whose name matches a pattern without a fault, twice. */
  async plan(file: string, named: string): Promise<Plan> {
    const reply = await this.#ask({ kind: "plan", file, named }, planMs);
    if (typeof reply === "string") throw new Error(`${file}: the process ${reply} without any fault`);
    if (!("plan" in reply)) throw new Error(`${file}: got no plan`);
    return reply.plan;
  }

  /**
   * Runs tests with a fault until one fails. A suite that hangs or dies is seen, and so the fault is killed; but a busy
   * machine may merely be slow. So the process is lost only if a second one is too, in which the same tests have just
   * passed without the fault, and each may take as long as all of them together, ten times over.
   *
   * @param limitMs of a test, by its place in the request
   * @throws Error if these tests do not pass without the fault: nothing is known of the fault then
   */
  async examine(request: MutantRequest, limitMs: (test: number) => number): Promise<Verdict> {
    let reply = await this.#ask(request, startMs, limitMs);
    if (typeof reply === "string") {
      const started = performance.now();
      const { line } = request.mutant;
      const control = await this.#ask({ ...request, mutant: { ...request.mutant, mutated: line } }, planMs);
      const failed = whyFailed(control);
      if (failed !== undefined) {
        throw new Error(
          `${request.label}: the process ${reply} with a fault, and without it ${failed}: ` +
            "the machine or its adapter is at fault, run again when these tests pass there",
        );
      }
      const longMs = slowFactor * (performance.now() - started);
      reply = await this.#ask(request, startMs, (test) => Math.max(longMs, limitMs(test)));
    }
    if (typeof reply === "string") return { kind: "killed", lost: reply };
    if (!("verdict" in reply)) throw new Error("got no verdict");
    return reply.verdict;
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #begin(): Promise<TestProcess> {
    this.#child = await this.#start();
    this.#processes++;
    return this.#child;
  }

  async #ask(request: Request, firstMs: number, limitMs?: (test: number) => number): Promise<Reply | Loss> {
    const child = this.#child ?? (await this.#begin());
    const answer = nextReply(child, firstMs, limitMs);
    child.send(request);
    const reply = await answer;
    if (typeof reply === "string") this.close();
    return reply;
  }
}

/** What is wrong with a reply where all tests should have passed. */
function whyFailed(reply: Reply | Loss): string | undefined {
  if (typeof reply === "string") return `a second one ${reply} too`;
  if (!("verdict" in reply)) return "a second one gave no verdict";
  const { verdict } = reply;
  if (verdict.kind === "survived") return undefined;
  return verdict.kind === "invalid" ? "the shader is refused" : `"${verdict.by?.name}" fails`;
}

/** Starts a process that runs tests. @param adapter variables that select one; undefined takes a variable out */
export async function startWorker(adapter: NodeJS.ProcessEnv): Promise<TestProcess> {
  const worker = fileURLToPath(new URL("mutationWorker.ts", import.meta.url));
  const child = spawn(process.execPath, typescriptArguments(worker), {
    cwd: workspaceRoot,
    env: { ...process.env, ...adapter },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-2000)));
  if (typeof (await nextReply(child, startMs)) === "string")
    throw new Error(`the tests could not be loaded: ${stderr.trim()}`);
  return child;
}

/** The next reply other than the beginning of a test, from which on a time of its own counts. */
function nextReply(
  child: TestProcess,
  firstMs: number,
  limitMs: (test: number) => number = () => firstMs,
): Promise<Reply | Loss> {
  return new Promise((resolve) => {
    const end = (reply: Reply | Loss): void => {
      clearTimeout(timer);
      child.off("message", hear);
      child.off("exit", lose);
      resolve(reply);
    };
    const wait = (ms: number): NodeJS.Timeout => setTimeout(() => end("hung"), ms);
    const hear = (message: unknown): void => {
      const reply = message as Reply;
      if (!("begins" in reply)) return end(reply);
      clearTimeout(timer);
      timer = wait(limitMs(reply.begins));
    };
    const lose = (): void => end("died");
    let timer = wait(firstMs);
    child.on("message", hear);
    child.on("exit", lose);
  });
}
