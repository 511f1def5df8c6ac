/** @file Turns a person, a pose and an expression into vertices that can be drawn. */

import type { HeadAsset, HeadProxy, Surface } from "./headAsset.ts";
import type { Identity } from "./identity.ts";
import { morphHead } from "./morph.ts";
import { fitProxy } from "./proxy.ts";

type Point = readonly [number, number, number];

/** How the head is held; angles in radians. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** Turn of the eyes beside the head's own. */
  readonly gaze: readonly [number, number];
}

/** A posed head. Dynamic vertices are position and normal, six floats each, of each surface's drawn vertices. */
export interface HeadGeometry {
  readonly skin: Float32Array;
  readonly eyes: Float32Array;
  readonly lash: Float32Array;
  readonly brow: Float32Array;
  readonly hair: Float32Array | null;
  /** A shell in front of the skin, where the person wears a mask. */
  readonly shell: Float32Array | null;
  /** Points of the face's outline and surface, for the face box. */
  readonly facePoints: readonly Point[];
  /** Centres of the eyes' openings. */
  readonly eyePoints: { readonly left: Point; readonly right: Point };
}

/** A mask that the person wears: its shape comes from another identity. */
export interface MaskShape {
  readonly face: Identity;
  /** Distance from the skin in decimetres. */
  readonly thickness: number;
  /** Passes of smoothing, which takes relief away from lids and mouth. */
  readonly smoothing: number;
}

const eyeOpeningDepth = 0.2;

/**
 * Builds the head.
 *
 * @param expression weights of expression targets
 * @param mask null for a bare face
 */
export function buildHead(
  asset: HeadAsset,
  identity: Identity,
  pose: Pose,
  expression: ReadonlyMap<string, number>,
  mask: MaskShape | null,
): HeadGeometry {
  const still = morphHead(asset, new Map([...identity.shape, ...expression]));
  const eyes = eyeCentres(asset, still);
  const turn = poseTurn(pose);
  const proxyOf = (name: string): HeadProxy => {
    const proxy = asset.proxies.get(name);
    if (!proxy) throw new Error(`[buildHead] the head asset has no proxy ${name}`);
    return proxy;
  };
  const build = (proxy: HeadProxy, normals: (positions: Float32Array) => Float32Array): Float32Array => {
    const positions = fitProxy(asset, proxy, still);
    return posed(positions, normals(positions), proxy.vertex, turn);
  };
  const skinNormals = meshNormals(still, asset.skin);
  return {
    skin: posed(still, skinNormals, asset.skin.vertex, turn),
    eyes: buildEyes(asset, proxyOf("HighPolyEyes"), still, eyes, pose, turn),
    lash: build(proxyOf("Eyelashes01"), () => new Float32Array(proxyOf("Eyelashes01").reference.length)),
    brow: build(proxyOf(identity.brow), (positions) => radialNormals(positions, [0, 7.1, 0.3])),
    hair: identity.hair ? build(proxyOf(identity.hair), (p) => radialNormals(p, [0, 7.1, 0.35])) : null,
    shell: mask ? buildShell(asset, still, mask, turn) : null,
    facePoints: facePoints(asset, still, turn),
    eyePoints: {
      left: turned([eyes.left[0], eyes.left[1], eyes.left[2] + eyeOpeningDepth], turn),
      right: turned([eyes.right[0], eyes.right[1], eyes.right[2] + eyeOpeningDepth], turn),
    },
  };
}

function buildEyes(
  asset: HeadAsset,
  proxy: HeadProxy,
  still: Float32Array,
  centres: { readonly left: Point; readonly right: Point },
  pose: Pose,
  turn: Turn,
): Float32Array {
  const positions = fitProxy(asset, proxy, still);
  const normals = new Float32Array(positions.length);
  const [across, down] = pose.gaze;
  for (let i = 0; i < positions.length; i += 3) {
    const centre = positions[i]! > 0 ? centres.left : centres.right;
    const p = [
      positions[i]! - centre[0],
      positions[i + 1]! - centre[1],
      positions[i + 2]! - centre[2],
    ] as const;
    const q = rotate(p, across, down, 0);
    const length = Math.hypot(...q) || 1;
    for (let k = 0; k < 3; k++) {
      positions[i + k] = centre[k]! + q[k]!;
      normals[i + k] = q[k]! / length;
    }
  }
  return posed(positions, normals, proxy.vertex, turn);
}

/** The shell is half the wearer's face and half the mask's, smoothed and lifted off the skin. */
function buildShell(asset: HeadAsset, still: Float32Array, mask: MaskShape, turn: Turn): Float32Array {
  const other = morphHead(asset, mask.face.shape);
  const eyes = eyeCentres(asset, still);
  const otherEyes = eyeCentres(asset, other);
  const shift = [0, 1, 2].map(
    (k) => (eyes.left[k]! + eyes.right[k]! - otherEyes.left[k]! - otherEyes.right[k]!) / 2,
  );
  let positions = still.map((value, i) => 0.5 * value + 0.5 * (other[i]! + shift[i % 3]!));
  for (let pass = 0; pass < mask.smoothing; pass++) positions = smoothed(positions, asset.skin);
  let even = positions;
  for (let pass = 0; pass < 6; pass++) even = smoothed(even, asset.skin);
  const normals = meshNormals(even, asset.skin);
  const lifted = positions.map((value, i) => Math.max(value, i % 3 === 2 ? still[i]! : -Infinity));
  // Mostly forwards: along the normals alone nose and lips would swell.
  for (let i = 0; i < lifted.length; i++) {
    lifted[i]! += mask.thickness * (0.45 * normals[i]! + (i % 3 === 2 ? 0.6 : 0));
  }
  return posed(lifted, normals, asset.skin.vertex, turn);
}

function smoothed(positions: Float32Array, surface: Surface): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(positions.length);
  const count = new Float32Array(positions.length / 3);
  for (let t = 0; t < surface.index.length; t += 3) {
    for (let c = 0; c < 3; c++) {
      const a = surface.vertex[surface.index[t + c]!]!;
      const b = surface.vertex[surface.index[t + ((c + 1) % 3)]!]!;
      for (let k = 0; k < 3; k++) sum[3 * a + k]! += positions[3 * b + k]!;
      count[a]! += 1;
    }
  }
  return positions.map((value, i) => {
    const n = count[Math.floor(i / 3)]!;
    return n > 0 ? 0.4 * value + (0.6 * sum[i]!) / n : value;
  }) as Float32Array<ArrayBuffer>;
}

function eyeCentres(
  asset: HeadAsset,
  positions: Float32Array,
): { readonly left: Point; readonly right: Point } {
  const mean = ([first, last]: readonly [number, number]): Point => {
    const sum = [0, 0, 0];
    for (let v = first; v <= last; v++) for (let k = 0; k < 3; k++) sum[k]! += positions[3 * v + k]!;
    const n = last - first + 1;
    return [sum[0]! / n, sum[1]! / n, sum[2]! / n];
  };
  return { left: mean(asset.eyeVertices.left), right: mean(asset.eyeVertices.right) };
}

/** Area-weighted vertex normals. */
function meshNormals(positions: Float32Array, surface: Surface): Float32Array {
  const normals = new Float32Array(positions.length);
  for (let t = 0; t < surface.index.length; t += 3) {
    const a = 3 * surface.vertex[surface.index[t]!]!;
    const b = 3 * surface.vertex[surface.index[t + 1]!]!;
    const c = 3 * surface.vertex[surface.index[t + 2]!]!;
    const ux = positions[b]! - positions[a]!;
    const uy = positions[b + 1]! - positions[a + 1]!;
    const uz = positions[b + 2]! - positions[a + 2]!;
    const vx = positions[c]! - positions[a]!;
    const vy = positions[c + 1]! - positions[a + 1]!;
    const vz = positions[c + 2]! - positions[a + 2]!;
    const nx = uy * vz - uz * vy;
    const ny = uz * vx - ux * vz;
    const nz = ux * vy - uy * vx;
    for (const at of [a, b, c]) {
      normals[at]! += nx;
      normals[at + 1]! += ny;
      normals[at + 2]! += nz;
    }
  }
  return normalised(normals);
}

function radialNormals(positions: Float32Array, centre: Point): Float32Array {
  return normalised(positions.map((value, i) => value - centre[i % 3]!));
}

function normalised(vectors: Float32Array): Float32Array {
  for (let i = 0; i < vectors.length; i += 3) {
    const length = Math.hypot(vectors[i]!, vectors[i + 1]!, vectors[i + 2]!) || 1;
    for (let k = 0; k < 3; k++) vectors[i + k]! /= length;
  }
  return vectors;
}

// The head turns about the top of the neck; the neck follows in part and the shoulders stay.
const pivot: Point = [0, 6.2, 0.45];
const neckBottom = 5.3;
const neckTop = 6.5;

interface Turn {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

function poseTurn(pose: Pose): Turn {
  return { yaw: pose.yaw, pitch: pose.pitch, roll: pose.roll };
}

function turnShare(y: number): number {
  const t = Math.min(1, Math.max(0, (y - neckBottom) / (neckTop - neckBottom)));
  return t * t * (3 - 2 * t);
}

function rotate(p: Point, yaw: number, pitch: number, roll: number): Point {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(pitch)];
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)];
  const x1 = cr * p[0] - sr * p[1];
  const y1 = sr * p[0] + cr * p[1];
  const y2 = cp * y1 - sp * p[2];
  const z2 = sp * y1 + cp * p[2];
  return [cy * x1 + sy * z2, y2, cy * z2 - sy * x1];
}

function turned(p: Point, turn: Turn): Point {
  const share = turnShare(p[1]);
  const q = rotate(
    [p[0] - pivot[0], p[1] - pivot[1], p[2] - pivot[2]],
    share * turn.yaw,
    share * turn.pitch,
    share * turn.roll,
  );
  return [q[0] + pivot[0], q[1] + pivot[1], q[2] + pivot[2]];
}

function posed(
  positions: Float32Array,
  normals: Float32Array,
  vertex: Uint16Array,
  turn: Turn,
): Float32Array {
  const count = positions.length / 3;
  const moved = new Float32Array(6 * count);
  for (let v = 0; v < count; v++) {
    const p: Point = [positions[3 * v]!, positions[3 * v + 1]!, positions[3 * v + 2]!];
    const share = turnShare(p[1]);
    const q = rotate(
      [p[0] - pivot[0], p[1] - pivot[1], p[2] - pivot[2]],
      share * turn.yaw,
      share * turn.pitch,
      share * turn.roll,
    );
    const n = rotate(
      [normals[3 * v]!, normals[3 * v + 1]!, normals[3 * v + 2]!],
      share * turn.yaw,
      share * turn.pitch,
      share * turn.roll,
    );
    for (let k = 0; k < 3; k++) {
      moved[6 * v + k] = q[k]! + pivot[k]!;
      moved[6 * v + 3 + k] = n[k]!;
    }
  }
  const drawn = new Float32Array(6 * vertex.length); // [drawn vertices, 6]
  for (let i = 0; i < vertex.length; i++) {
    const from = 6 * vertex[i]!;
    for (let k = 0; k < 6; k++) drawn[6 * i + k] = moved[from + k]!;
  }
  return drawn;
}

function facePoints(asset: HeadAsset, still: Float32Array, turn: Turn): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < asset.skin.vertex.length; i += 3) {
    const v = 3 * asset.skin.vertex[i]!;
    const [x, y, z] = [asset.position[v]!, asset.position[v + 1]!, asset.position[v + 2]!];
    if (y < 6.15 || y > 7.95 || z < 0.3 || Math.abs(x) > 0.8) continue;
    points.push(turned([still[v]!, still[v + 1]!, still[v + 2]!], turn));
  }
  return points;
}
