/** @file Training as a process of its own, which a job can outlive and resume. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { listCheckpoints } from "@candor/train";
import type { TrainRequest } from "../protocols/jobs/runJob.ts";

/** Path of a program of the workspace, such as `"fit"`. */
export function programOf(name: string): string {
  return fileURLToPath(new URL(`../../../../tools/bin/${name}.mjs`, import.meta.url));
}

/**
 * Runs `train:fit` as a process of its own; a folder that holds a checkpoint is resumed.
 *
 * @returns the JSON that it prints
 * @throws Error if it does not end well; its checkpoints stay
 */
export function trainProcess(request: TrainRequest): Promise<unknown> {
  const words = [
    `--method=${request.method}`,
    `--seed=${request.seed}`,
    `--manifest=${request.manifest}`,
    `--datasets=${request.datasets.join(",")}`,
    `--config=${request.config}`,
    `--out=${request.folder}`,
    ...(request.shards === undefined ? [] : [`--shards=${request.shards}`]),
    ...(listCheckpoints(request.folder).length > 0 ? ["--resume"] : []),
    "--json",
  ];
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [programOf("fit"), ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (part: Buffer) => (text += part.toString("utf8")));
    const stop = () => void child.kill("SIGTERM");
    // A terminal's Ctrl-C reaches the child too; a scheduler's signal reaches this process alone.
    process.on("SIGTERM", stop).on("SIGINT", stayAlive);
    child.on("error", fail);
    child.on("exit", (code) => {
      process.off("SIGTERM", stop).off("SIGINT", stayAlive);
      if (code === 0) done(JSON.parse(text));
      else
        fail(
          new Error(
            `training in ${request.folder} ended with status ${code}; the same job goes on from its checkpoint`,
          ),
        );
    });
  });
}

function stayAlive(): void {}
