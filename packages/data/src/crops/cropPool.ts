/** @file Makes crops in several processes. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { ManifestRow } from "../manifest/manifest.ts";
import { mapPool } from "../import/pool.ts";
import type { Crop, CropOptions } from "./cropFace.ts";
import { answer } from "./cropWorker.ts";
import type { CropReply, CropRequest } from "./cropWorker.ts";

/** Processes that make crops. */
export interface CropPool {
  /** Crops of rows in their order; a string says why there is none. */
  crop(rows: readonly ManifestRow[], onDone: () => void): Promise<(Crop | string)[]>;
  close(): void;
}

/** How many images each process has in hand: one is decoded while another is searched for faces. */
const inHand = 3;

/**
 * Starts the processes.
 * @param folder the manifest's folder
 * @param options how crops are made
 * @param jobs how many processes; by default one a core. With 1 crops are made in this process
 */
export function openCropPool(folder: string, options: CropOptions, jobs = availableParallelism()): CropPool {
  if (jobs === 1) {
    return {
      crop: (rows, onDone) =>
        mapPool(
          rows,
          async (row, index) => {
            const reply = await answer({ index, row, folder, options });
            onDone();
            return resultOf(reply);
          },
          inHand,
        ),
      close: () => undefined,
    };
  }
  const program = import.meta.url.endsWith(".ts") ? "./cropWorker.ts" : "./cropWorker.js";
  const workers = Array.from({ length: jobs }, () =>
    fork(fileURLToPath(new URL(program, import.meta.url)), ["crop-worker"], { serialization: "advanced" }),
  );
  return {
    crop: (rows, onDone) =>
      new Promise((resolve, reject) => {
        const crops = Array.from<Crop | string>({ length: rows.length });
        let next = 0;
        let done = 0;
        if (rows.length === 0) resolve(crops);
        for (const worker of workers) {
          worker.removeAllListeners("message").removeAllListeners("exit");
          const send = (): void => {
            if (next >= rows.length) return;
            const index = next++;
            worker.send({ index, row: rows[index] as ManifestRow, folder, options } satisfies CropRequest);
          };
          worker.on("message", (reply: CropReply) => {
            crops[reply.index] = resultOf(reply);
            onDone();
            if (++done === rows.length) resolve(crops);
            else send();
          });
          worker.on("exit", (code, signal) => {
            reject(
              new Error(
                `[crops] a process that makes crops ended (${signal ?? `status ${code}`}); run again`,
              ),
            );
          });
          for (let i = 0; i < inHand; i++) send();
        }
      }),
    close: () => {
      for (const worker of workers) {
        worker.removeAllListeners("exit");
        worker.disconnect();
      }
    },
  };
}

function resultOf(reply: CropReply): Crop | string {
  return "crop" in reply ? reply.crop : reply.failure;
}
