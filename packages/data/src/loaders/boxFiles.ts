/** @file Face boxes that data sets bring along: a line a frame, or one line an image. */
import type { FileTree } from "../import/fileTree.ts";
import type { Box, BoxFile } from "./datasetLoader.ts";

/**
 * The `.face` file of a video: beside it, or in a folder that mirrors the videos'.
 * @param tree the data set
 * @param stem the video's path without its extension
 * @param mirror the mirroring folder, such as "face-locations"; "" where boxes lie beside the videos
 * @param columns what follows the frame's number: x y width height ("corner") or left top right bottom ("corners")
 */
export function frameBox(
  tree: FileTree,
  stem: string,
  mirror: string,
  columns: "corner" | "corners",
): BoxFile | undefined {
  const places = [`${stem}.face`, ...(mirror ? mirrored(stem, mirror) : [])];
  const path = places.find((place) => tree.has(place));
  if (!path) return undefined;
  return {
    path,
    parse: (text, frame, width, height) => {
      const rows = text.split("\n").map((line) =>
        line
          .trim()
          .split(/[\s,]+/)
          .map(Number),
      );
      const row = rows.find((numbers) => numbers.length >= 5 && numbers[0] === frame);
      if (!row) return undefined;
      const [, x = 0, y = 0, a = 0, b = 0] = row;
      return usableBox(columns === "corner" ? [x, y, a, b] : [x, y, a - x, b - y], width, height);
    },
  };
}

/**
 * A box if it can be used: finite, not empty and inside of the image after clipping.
 * @param box x, y, width, height in pixels
 * @param width the image's, in pixels
 * @param height the image's, in pixels
 */
export function usableBox(box: Box, width: number, height: number): Box | undefined {
  if (!box.every(Number.isFinite)) return undefined;
  const left = Math.max(0, box[0]);
  const top = Math.max(0, box[1]);
  const right = Math.min(width, box[0] + box[2]);
  const bottom = Math.min(height, box[1] + box[3]);
  return right - left >= 1 && bottom - top >= 1 ? [left, top, right - left, bottom - top] : undefined;
}

/** `a/b/train/real/x` becomes `a/b/face-locations/train/real/x.face`, for every depth. */
function mirrored(stem: string, mirror: string): string[] {
  const parts = stem.split("/");
  return parts.map((_, at) => [...parts.slice(0, at), mirror, ...parts.slice(at)].join("/") + ".face");
}
