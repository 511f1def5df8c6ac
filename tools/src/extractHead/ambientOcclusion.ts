/** @file Ambient occlusion of vertices, from depth maps in many directions. */

/** Triangles that occlude. */
export interface Occluder {
  readonly positions: ArrayLike<number>;
  readonly triangles: ArrayLike<number>;
}

const mapSize = 320;
const directionCount = 160;

/**
 * Computes for each receiver the cosine-weighted share of the sphere of directions that it sees.
 *
 * @param positions x, y, z of the receivers, centred on the head
 * @param normals unit normals of the receivers; null weighs all directions alike (for hair)
 * @param bias depth in scene units below which a surface does not shadow itself
 * @returns visibility 0..1 for each receiver
 */
export function ambientOcclusion(
  positions: ArrayLike<number>,
  normals: ArrayLike<number> | null,
  occluders: readonly Occluder[],
  bias: number,
): Float32Array {
  const count = positions.length / 3;
  const seen = new Float32Array(count);
  const total = new Float32Array(count);
  for (let d = 0; d < directionCount; d++) {
    const view = fibonacciDirection(d);
    const [right, up] = basisOf(view);
    const depth = depthMap(view, right, up, occluders);
    for (let i = 0; i < count; i++) {
      const p = pointAt(positions, i);
      const weight = normals ? Math.max(0, dot(view, pointAt(normals, i))) : 1;
      if (weight === 0) continue;
      total[i]! += weight;
      const x = Math.round(cellOf(dot(p, right)));
      const y = Math.round(cellOf(dot(p, up)));
      if (dot(p, view) > depth[y * mapSize + x]! - bias) seen[i]! += weight;
    }
  }
  return seen.map((value, i) => (total[i]! > 0 ? value / total[i]! : 1));
}

type Vector = readonly [number, number, number];

// Receivers and occluders come centred; the head and the shoulders fit into a cube of 2·reach.
const reach = 4;

function cellOf(value: number): number {
  return Math.min(mapSize - 1, Math.max(0, ((value / reach + 1) / 2) * (mapSize - 1)));
}

function depthMap(view: Vector, right: Vector, up: Vector, occluders: readonly Occluder[]): Float32Array {
  const depth = new Float32Array(mapSize * mapSize).fill(-Infinity);
  for (const { positions, triangles } of occluders) {
    for (let t = 0; t < triangles.length; t += 3) {
      const corners = [0, 1, 2].map((c) => {
        const p = pointAt(positions, triangles[t + c]!);
        return [cellOf(dot(p, right)), cellOf(dot(p, up)), dot(p, view)] as const;
      });
      rasterise(depth, corners[0]!, corners[1]!, corners[2]!);
    }
  }
  return depth;
}

function rasterise(depth: Float32Array, a: Vector, b: Vector, c: Vector): void {
  const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  if (Math.abs(area) < 1e-9) return;
  const x1 = Math.ceil(Math.max(a[0], b[0], c[0]));
  const y1 = Math.ceil(Math.max(a[1], b[1], c[1]));
  for (let y = Math.floor(Math.min(a[1], b[1], c[1])); y <= y1; y++) {
    for (let x = Math.floor(Math.min(a[0], b[0], c[0])); x <= x1; x++) {
      const u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area;
      const v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area;
      const w = 1 - u - v;
      if (u < 0 || v < 0 || w < 0) continue;
      const z = u * a[2] + v * b[2] + w * c[2];
      const cell = Math.min(mapSize - 1, y) * mapSize + Math.min(mapSize - 1, x);
      if (z > depth[cell]!) depth[cell] = z;
    }
  }
}

function fibonacciDirection(index: number): Vector {
  const y = 1 - (2 * (index + 0.5)) / directionCount;
  const radius = Math.sqrt(1 - y * y);
  const angle = index * Math.PI * (3 - Math.sqrt(5));
  return [Math.cos(angle) * radius, y, Math.sin(angle) * radius];
}

function basisOf(view: Vector): [Vector, Vector] {
  const helper: Vector = Math.abs(view[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0];
  const right = unit(cross(helper, view));
  return [right, cross(view, right)];
}

function pointAt(array: ArrayLike<number>, index: number): Vector {
  return [array[3 * index]!, array[3 * index + 1]!, array[3 * index + 2]!];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Vector): Vector {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
}
