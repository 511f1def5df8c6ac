/** @file BlazeFace: Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs", arXiv:1907.05047. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { runNetwork } from "./network.ts";
import { readOnnx } from "./onnxModel.ts";
import type { OnnxModel } from "./onnxModel.ts";

/** An upright RGB image. */
export interface RgbImage {
  /** [H, W, 3] */
  data: Uint8Array;
  width: number;
  height: number;
}

/** A point in pixels. */
export type Point = readonly [number, number];

/** A detected face. */
export interface Face {
  /** x, y, width, height in pixels: brows to chin. */
  box: readonly [number, number, number, number];
  /** The eyes as they lie in the image, left one first. */
  eyes: readonly [Point, Point];
  /** 0 .. 1 */
  score: number;
  /** The network that found it: for faces near by, or the larger one for faces farther away. */
  network: "front" | "back";
}

/** The two networks. */
export type FaceDetector = Readonly<Record<Face["network"], OnnxModel>>;

/** Edge of the input in pixels; anchors lie on grids of 16 x 16 (two each) and 8 x 8 (six each) in both. */
const sizes = { front: 128, back: 256 } as const;
const grids = [
  { cells: 16, anchors: 2, scores: "Identity:0", boxes: "Identity_2:0" },
  { cells: 8, anchors: 6, scores: "Identity_1:0", boxes: "Identity_3:0" },
] as const;
const minScore = 0.5;
const sameFace = 0.3;

/** Loads the weights that lie in the package's assets. */
export async function loadFaceDetector(): Promise<FaceDetector> {
  const [front, back] = await Promise.all([readNetwork("front"), readNetwork("back")]);
  return { front, back };
}

async function readNetwork(name: string): Promise<OnnxModel> {
  return readOnnx(await readFile(new URL(`../../assets/blazeface/${name}.onnx`, import.meta.url)));
}

/**
 * Finds faces: with the small network first, and with the large one where that finds none.
 * @param detector the networks
 * @param image upright pixels
 * @returns faces, largest first; empty if there is none
 */
export async function detectFaces(detector: FaceDetector, image: RgbImage): Promise<Face[]> {
  const near = await detectWith(detector, "front", image);
  return near.length > 0 ? near : detectWith(detector, "back", image);
}

/**
 * Runs one of the two networks.
 * @param detector the networks
 * @param network which
 * @param image upright pixels
 */
export async function detectWith(
  detector: FaceDetector,
  network: Face["network"],
  image: RgbImage,
): Promise<Face[]> {
  const size = sizes[network];
  const { data, width, height } = image;
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: "contain", position: "left top", background: "#000", kernel: "linear" })
    .raw()
    .toBuffer(); // [size, size, 3]
  const input = Float32Array.from(pixels, (value) => value / 127.5 - 1);
  const outputs = runNetwork(detector[network], { shape: [size, size, 3], data: input });
  // The image fills the square from its upper left corner, its longer side the whole edge.
  const scale = Math.max(width, height) / size;
  const found: Face[] = [];
  for (const grid of grids) {
    const scores = outputs.get(grid.scores) as Float32Array;
    const boxes = outputs.get(grid.boxes) as Float32Array;
    for (const [index, logit] of scores.entries()) {
      const score = 1 / (1 + Math.exp(-logit));
      if (score < minScore) continue;
      const cell = Math.floor(index / grid.anchors);
      const anchorX = (((cell % grid.cells) + 0.5) / grid.cells) * size;
      const anchorY = ((Math.floor(cell / grid.cells) + 0.5) / grid.cells) * size;
      const at = (offset: number, anchor: number): number =>
        ((boxes[index * 16 + offset] as number) + anchor) * scale;
      const [w, h] = [(boxes[index * 16 + 2] as number) * scale, (boxes[index * 16 + 3] as number) * scale];
      found.push({
        box: [at(0, anchorX) - w / 2, at(1, anchorY) - h / 2, w, h],
        eyes: [
          [at(4, anchorX), at(5, anchorY)],
          [at(6, anchorX), at(7, anchorY)],
        ],
        score,
        network,
      });
    }
  }
  return mergeFaces(found);
}

/** Overlapping detections become their mean, weighted by score, as BlazeFace does in place of suppression. */
function mergeFaces(faces: readonly Face[]): Face[] {
  const left = faces.toSorted((a, b) => b.score - a.score);
  const merged: Face[] = [];
  for (let best = left.shift(); best; best = left.shift()) {
    const group = [best];
    for (let i = left.length - 1; i >= 0; i--) {
      if (overlap(best.box, (left[i] as Face).box) > sameFace) group.push(...left.splice(i, 1));
    }
    const total = group.reduce((sum, face) => sum + face.score, 0);
    const mean = (pick: (face: Face) => number): number =>
      group.reduce((sum, face) => sum + face.score * pick(face), 0) / total;
    merged.push({
      box: [mean((f) => f.box[0]), mean((f) => f.box[1]), mean((f) => f.box[2]), mean((f) => f.box[3])],
      eyes: [
        [mean((f) => f.eyes[0][0]), mean((f) => f.eyes[0][1])],
        [mean((f) => f.eyes[1][0]), mean((f) => f.eyes[1][1])],
      ],
      score: best.score,
      network: best.network,
    });
  }
  return merged.toSorted((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
}

/**
 * Intersection over union.
 * @param a x, y, width, height
 * @param b x, y, width, height
 */
export function overlap(a: Face["box"], b: Face["box"]): number {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return (w * h) / (a[2] * a[3] + b[2] * b[3] - w * h);
}
