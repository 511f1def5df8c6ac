/** @file Perspective that puts the face's box where the framing wants it. */

import type { Framing } from "./scene.ts";

type Point = readonly [number, number, number];

/** A scene covers the crop and an edge of 10 % around it. */
export const sceneMargin = 1.2;

/** A camera and where the face is in its crop. */
export interface View {
  /** Column-major [4, 4]. */
  readonly matrix: Float32Array;
  readonly eye: Point;
  /** x, y, width and height in the crop, 0..1. */
  readonly box: readonly [number, number, number, number];
  /** Where a point lies in the crop, 0..1, y down. */
  project(point: Point): readonly [number, number];
}

const target: Point = [0, 7.1, 0.6];
const near = 2;
const far = 40;

/**
 * Aims a camera at the head and shifts and scales its picture until the face's box fits.
 *
 * @param points points on the face
 * @param distance decimetres from the head
 */
export function frameFace(points: readonly Point[], framing: Framing, distance: number): View {
  const eye: Point = [0, target[1], target[2] + distance];
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const p of points) {
    const w = eye[2] - p[2];
    const x = (p[0] - eye[0]) / w;
    const y = (p[1] - eye[1]) / w;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  // Crop coordinate c -> clip: ((c - 0.5) / margin) * 2.
  const scale = (2 * framing.height) / sceneMargin / (y1 - y0);
  const shiftX = ((framing.x - 0.5) * 2) / sceneMargin - (scale * (x0 + x1)) / 2;
  const shiftY = ((0.5 - framing.y) * 2) / sceneMargin - (scale * (y0 + y1)) / 2;
  const depth = far / (far - near);
  // clip = [s·(x − ex) + shift·w, …, depth·(w − near), w] with w = ez − z.
  const matrix = Float32Array.from(
    [
      [scale, 0, 0, 0],
      [0, scale, 0, 0],
      [-shiftX, -shiftY, -depth, -1],
      [shiftX * eye[2] - scale * eye[0], shiftY * eye[2] - scale * eye[1], depth * (eye[2] - near), eye[2]],
    ].flat(),
  );
  const project = (p: Point): readonly [number, number] => {
    const w = eye[2] - p[2];
    const x = (scale * (p[0] - eye[0])) / w + shiftX;
    const y = (scale * (p[1] - eye[1])) / w + shiftY;
    return [0.5 + (x * sceneMargin) / 2, 0.5 - (y * sceneMargin) / 2];
  };
  const width = ((x1 - x0) * scale * sceneMargin) / 2;
  return {
    matrix,
    eye,
    box: [framing.x - width / 2, framing.y - framing.height / 2, width, framing.height],
    project,
  };
}

/** Orthographic view from the key light on head and shoulders; column-major [4, 4]. */
export function lightMatrix(direction: Point): Float32Array {
  const forward = direction;
  const helper: Point = Math.abs(forward[1]) < 0.95 ? [0, 1, 0] : [0, 0, 1];
  const right = unit(cross(helper, forward));
  const up = cross(forward, right);
  const centre: Point = [0, 6.9, 0.4];
  const reach = 2.3;
  const depth = 8;
  const row = (axis: Point, scale: number, shift: number): number[] => [
    axis[0] * scale,
    axis[1] * scale,
    axis[2] * scale,
    shift - dot(axis, centre) * scale,
  ];
  const rows = [row(right, 1 / reach, 0), row(up, 1 / reach, 0), row(forward, -1 / depth, 0.5), [0, 0, 0, 1]];
  return Float32Array.from({ length: 16 }, (_, i) => rows[i % 4]![Math.floor(i / 4)]!);
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Point): Point {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
}
