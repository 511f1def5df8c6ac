/** @file One manifest row to one face crop: check, decode, detect, align, cut. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import sharp from "sharp";
import { maxPixels, readImageFile } from "../images/decodeImage.ts";
import { isWhole } from "../inspect/inspectManifest.ts";
import type { ManifestRow } from "../manifest/manifest.ts";
import { cropImage, frameOf, middleFrame } from "./alignFace.ts";
import type { CropFrame } from "./alignFace.ts";
import { detectFaces, overlap } from "./faceDetector.ts";
import type { Face, FaceDetector, RgbImage } from "./faceDetector.ts";

/** What a crop was cut by, from best to worst. */
export const cropSources = ["front", "back", "box", "whole"] as const;

/** What a crop was cut by: one of the detector's networks, the manifest's box, or nothing. */
export type CropSource = (typeof cropSources)[number];

/** How crops are made. */
export interface CropOptions {
  /** Edge in pixels. */
  size: number;
  /** Added on each side, as a part of the face box's longer edge. */
  margin: number;
  /** Turn the face so that the eyes lie level. */
  align: boolean;
  /** `detector`: detect, fall back to the manifest's box; `box`: the manifest's box alone. Then the whole image. */
  by: "detector" | "box";
}

/** A crop and how it came about. */
export interface Crop {
  /** [size, size, 3] */
  pixels: Uint8Array;
  source: CropSource;
  /** The detector's, 0 where it found nothing or was not asked. */
  score: number;
  frame: CropFrame;
}

/**
 * Makes the crop of a row.
 * @param row the manifest's row
 * @param folder the manifest's folder
 * @param options how
 * @param detector the networks; needed by `detector`
 * @throws Error if the image is missing, changed, cut off or no image
 */
export async function cropFace(
  row: Pick<ManifestRow, "path" | "sha256" | "box" | "width" | "height">,
  folder: string,
  options: CropOptions,
  detector: FaceDetector | undefined,
): Promise<Crop> {
  const bytes = await readImageFile(join(folder, row.path));
  if (createHash("sha256").update(bytes).digest("hex") !== row.sha256) {
    throw new Error(
      "the image is not the one that the manifest was written from (sha256 differs); import again",
    );
  }
  const image = await decode(bytes);
  const box = isWhole(row) ? undefined : row.box;
  const face =
    detector && options.by === "detector" ? chooseFace(await detectFaces(detector, image), box) : undefined;
  const source: CropSource = face?.network ?? (box ? "box" : "whole");
  const frame = face
    ? frameOf(face.box, options.margin, options.align ? face.eyes : undefined)
    : box
      ? frameOf(box, options.margin)
      : middleFrame(image.width, image.height);
  return { pixels: cropImage(image, frame, options.size), source, score: face?.score ?? 0, frame };
}

/** The face that the data set's box shows, or the largest one. */
function chooseFace(faces: readonly Face[], box: Face["box"] | undefined): Face | undefined {
  if (!box) return faces[0];
  const [best] = faces.toSorted((a, b) => overlap(b.box, box) - overlap(a.box, box));
  return best && overlap(best.box, box) > 0.1 ? best : undefined;
}

async function decode(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels, failOn: "warning" })
    .autoOrient()
    .removeAlpha()
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
