/** @file Runs the sides of a comparison, each in a process of its own, one after another. */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BenchCase, caseName } from "./benchCase.ts";
import { peerEntries, type PeerName } from "./peerLibrary.ts";
import type { CaseResult, WorkerMessage, WorkerRequest } from "./peerWorker.ts";

/** What one library gave. */
export interface PeerResults {
  readonly peer: PeerName;
  readonly label: string;
  readonly adapter: string;
  readonly cases: Readonly<Record<string, CaseResult>>;
  /** Why the process ended before its last case. */
  readonly error?: string;
}

export interface RunOptions {
  /** Folder of the installed peers. */
  readonly folder: string;
  /** Variables of every process: the driver, and `LP_NUM_THREADS`. */
  readonly env: Readonly<Record<string, string>>;
  /** Times the processes run; the lowest median of a case counts. */
  readonly rounds: number;
  /** Called when a library has a result. */
  readonly onResult?: (peer: PeerName, name: string, result: CaseResult) => void;
}

const timeoutMs = 15 * 60_000;
const keptErrorLines = 3;

/** Runs all cases on all peers. */
export async function runPeers(
  peers: readonly PeerName[],
  cases: readonly BenchCase[],
  options: RunOptions,
): Promise<PeerResults[]> {
  const results = new Map<PeerName, PeerResults>();
  for (let round = 0; round < options.rounds; round++) {
    for (const peer of peers) {
      const warm = cases.filter(({ kind }) => kind !== "coldStep");
      const cold = cases.filter(({ kind }) => kind === "coldStep" && peerEntries[peer].backend === "webgpu");
      let result = await runPeer(peer, warm, options);
      if (cold.length > 0 && !peer.startsWith("ort")) {
        const first = await withColdCache((env) =>
          runPeer(peer, cold, { ...options, env: { ...options.env, ...env } }),
        );
        result = joinProcesses(result, first);
      }
      const before = results.get(peer);
      results.set(peer, before ? keepBest(before, result) : result);
    }
  }
  return [...results.values()];
}

/** Joins what two processes of one round gave, each of its own cases. */
export function joinProcesses(a: PeerResults, b: PeerResults): PeerResults {
  const error = a.error ?? b.error;
  return { ...joined(a, b, { ...a.cases, ...b.cases }), ...(error === undefined ? {} : { error }) };
}

/**
 * Joins two rounds: of each case, the one with the lower median. An error stays where neither round came to its end.
 */
export function keepBest(a: PeerResults, b: PeerResults): PeerResults {
  const cases: Record<string, CaseResult> = { ...a.cases };
  for (const [name, result] of Object.entries(b.cases)) {
    const before = cases[name]?.timing?.medianMs ?? Number.POSITIVE_INFINITY;
    if (!cases[name] || (result.timing?.medianMs ?? Number.POSITIVE_INFINITY) < before) cases[name] = result;
  }
  const error = a.error === undefined ? undefined : b.error;
  return { ...joined(a, b, cases), ...(error === undefined ? {} : { error }) };
}

function joined(a: PeerResults, b: PeerResults, cases: PeerResults["cases"]): PeerResults {
  // A process that ended early may not have come to name its adapter.
  return { peer: a.peer, label: a.label, adapter: a.adapter || b.adapter, cases };
}

async function withColdCache<T>(body: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "candor-cold-"));
  try {
    const cache = join(folder, "mesa");
    mkdirSync(cache);
    return await body({ MESA_SHADER_CACHE_DIR: cache, XDG_CACHE_HOME: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runPeer(peer: PeerName, cases: readonly BenchCase[], options: RunOptions): Promise<PeerResults> {
  const { label } = peerEntries[peer];
  if (cases.length === 0) return Promise.resolve({ peer, label, adapter: "", cases: {} });
  const request: WorkerRequest = { peer, folder: options.folder, cases };
  const worker = fileURLToPath(new URL("peerWorker.ts", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, worker, JSON.stringify(request)], {
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let stderr = "";
    let adapter = "";
    const found: Record<string, CaseResult> = {};
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("message", (message: WorkerMessage) => {
      if ("adapter" in message) adapter = message.adapter;
      else {
        found[message.case] = message.result;
        options.onResult?.(peer, message.case, message.result);
      }
    });
    child.on("error", (error) => resolve({ peer, label, adapter, cases: found, error: error.message }));
    child.on("close", (code, signal) => {
      const ended = { peer, label, adapter, cases: found };
      if (code === 0) return resolve(ended);
      const why = signal
        ? `ended by ${signal}`
        : stderr.trim().split("\n").slice(0, keptErrorLines).join(" ");
      const open = cases.find((work) => !(caseName(work) in found));
      resolve({ ...ended, error: `${open ? `in ${caseName(open)}: ` : ""}${why}` });
    });
  });
}
