/** @file A process that makes crops for another one: each keeps one core busy with the detector. */
import type { ManifestRow } from "../manifest/manifest.ts";
import { cropFace } from "./cropFace.ts";
import type { Crop, CropOptions } from "./cropFace.ts";
import { loadFaceDetector } from "./faceDetector.ts";

/** One job. */
export interface CropRequest {
  index: number;
  row: ManifestRow;
  /** The manifest's folder. */
  folder: string;
  options: CropOptions;
}

/** Its result: a crop, or why there is none. */
export type CropReply = { index: number; crop: Crop } | { index: number; failure: string };

/**
 * Makes the crop of one request.
 * @param request the row and how to crop it
 */
export async function answer({ index, row, folder, options }: CropRequest): Promise<CropReply> {
  try {
    return {
      index,
      crop: await cropFace(row, folder, options, options.by === "detector" ? await detector() : undefined),
    };
  } catch (error) {
    return { index, failure: (error as Error).message.replace(/^\[\w+\] /, "") };
  }
}

let loading: ReturnType<typeof loadFaceDetector> | undefined;

function detector(): ReturnType<typeof loadFaceDetector> {
  loading ??= loadFaceDetector();
  return loading;
}

if (process.argv[2] === "crop-worker" && process.send) {
  process.on("message", (request: CropRequest) => {
    // A parent that was killed takes no answer; without the callback that would be an uncaught error.
    void answer(request).then((reply) => process.send?.(reply, undefined, undefined, () => undefined));
  });
  // A parent that was killed leaves no orphans.
  process.on("disconnect", () => process.exit(0));
}
