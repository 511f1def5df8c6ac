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
 * @param program path of the training program
 * @returns the JSON that it prints
 * @throws Error if it does not end well or prints no JSON; its checkpoints stay
 */
export function trainProcess(request: TrainRequest, program = programOf("fit")): Promise<unknown> {
  const words = [
    `--recipe=${request.recipe}`,
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
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    const stop = () => void child.kill("SIGTERM");
    // A terminal's Ctrl-C reaches the child too; a scheduler's signal reaches this process alone.
    process.on("SIGTERM", stop).on("SIGINT", stayAlive);
    child.on("error", fail);
    // Not "exit": its output may be read only in part by then.
    child.on("close", (code) => {
      process.off("SIGTERM", stop).off("SIGINT", stayAlive);
      if (code !== 0) {
        fail(
          new Error(
            `training in ${request.folder} ended with status ${code}; the same job goes on from its checkpoint`,
          ),
        );
        return;
      }
      try {
        done(JSON.parse(text));
      } catch (cause) {
        const start = JSON.stringify(text.slice(0, 80));
        fail(
          new Error(
            `training in ${request.folder} ended well but printed no JSON, got ${start}; run the same job again`,
            { cause },
          ),
        );
      }
    });
  });
}

function stayAlive(): void {}
