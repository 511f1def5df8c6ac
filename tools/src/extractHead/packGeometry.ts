/** @file Cuts the head and shoulders and the proxies' fitting data out of the package's meshes. */

import { join } from "node:path";

import { ambientOcclusion, type Occluder } from "./ambientOcclusion.ts";
import type { Packer } from "./packHead.ts";
import { readModel, readProxy, type Proxy, type Quad, type ThreeModel } from "./threeModel.ts";

export const hairNames = ["afro01", "long01", "ponytail01", "short01", "short02", "short04"] as const;
export const browNames = [1, 2, 3, 5, 6, 8, 9, 12].map((n) => `eyebrow${String(n).padStart(3, "0")}`);

// Offsets of a proxy are scaled by the distance of two body vertices per axis over a denominator; the
// package lost the denominators, the CC0 .mhclo files have them.
const scaleVertices = { x: [5399, 11998], y: [791, 881], z: [962, 5320] } as const;
const denominators: Record<string, readonly [number, number, number]> = {
  long01: [1.398, 2.2048, 1.8461],
  ponytail01: [1.398, 2.2048, 1.8461],
  short04: [1.48, 2.3298, 1.9221],
  Eyelashes01: [1.48, 2.3298, 1.9221],
  afro01: [1.7412, 2.7409, 2.2613],
  short01: [1.6682, 2.8351, 2.3542],
  short02: [1.434, 2.4098, 2.0001],
  HighPolyEyes: [1.6482, 2.7213, 2.2795],
  ...Object.fromEntries(browNames.map((name) => [name, [1.416, 2.3073, 1.9231] as const])),
};
const eyeVertices = { left: [14598, 14669], right: [14670, 14741] } as const;
const bodyMaterial = 0;
const lowest = 4.3;
const widest = 3.2;
const middle = 6.6;

/** What is kept of the package, for the targets and for head.json. */
export interface Geometry {
  readonly kept: readonly number[];
  readonly description: object;
}

/** Packs positions, quads, texture corners, ambient occlusion and proxies of the head. */
export function packGeometry(data: string, packer: Packer): Geometry {
  const body = readModel(join(data, "models/human_full_size.json"));
  const proxies = new Map<string, { kind: string; proxy: Proxy }>();
  const load = (kind: string, folder: string, name: string): void => {
    proxies.set(name, { kind, proxy: readProxy(join(data, `proxies/${folder}/${name}/${name}.json`)) });
  };
  load("eyes", "eyes", "HighPolyEyes");
  load("lash", "eyelashes", "Eyelashes01");
  for (const name of browNames) load("brow", "eyebrows", name);
  for (const name of hairNames) load("hair", "hair", name);

  const skin = body.quads.filter(
    (quad) =>
      quad.material === bodyMaterial &&
      quad.vertices.every(
        (v) => body.positions[3 * v + 1]! > lowest && Math.abs(body.positions[3 * v]!) < widest,
      ),
  );
  const wanted = new Set(skin.flatMap((quad) => [...quad.vertices]));
  for (const { proxy } of proxies.values())
    for (const triple of proxy.references) for (const v of triple) wanted.add(v);
  for (const pair of Object.values(scaleVertices)) for (const v of pair) wanted.add(v);
  for (const [first, last] of Object.values(eyeVertices)) for (let v = first; v <= last; v++) wanted.add(v);
  const kept = [...wanted].toSorted((a, b) => a - b);
  const place = new Map(kept.map((vertex, index) => [vertex, index]));

  packer.add(
    "position",
    Float32Array.from(kept.flatMap((v) => [0, 1, 2].map((k) => body.positions[3 * v + k]!))),
  );
  const skinMesh = split(skin, body);
  const skinVertices = skinMesh.vertices.map((v) => place.get(v)!);
  packer.add("skin.vertex", Uint16Array.from(skinVertices));
  packer.add("skin.uv", skinMesh.uv);
  packer.add("skin.index", skinMesh.index);

  const bodyOccluder = occluderOf(body.positions, skin);
  const fitted = new Map(
    [...proxies].map(([name, { proxy }]) => [name, fit(proxy, body, denominators[name]!)] as const),
  );
  const eyes = proxies.get("HighPolyEyes")!.proxy;
  const eyeOccluder = occluderOf(fitted.get("HighPolyEyes")!, eyes.quads);
  const skinPositions = take(body.positions, skinMesh.vertices);
  const normals = vertexNormals(body.positions, skin);
  packer.add(
    "skin.occlusion",
    bytesOf(
      ambientOcclusion(
        centred(skinPositions),
        take(normals, skinMesh.vertices),
        [bodyOccluder, eyeOccluder],
        0.05,
      ),
    ),
  );

  const described: Record<string, object> = {};
  for (const [name, { kind, proxy }] of proxies) {
    const mesh = split(proxy.quads, proxy);
    const positions = fitted.get(name)!;
    const own = occluderOf(positions, proxy.quads);
    const hair = kind === "hair";
    const occlusion = ambientOcclusion(
      centred(take(positions, mesh.vertices)),
      hair ? null : take(vertexNormals(positions, proxy.quads), mesh.vertices),
      hair ? [bodyOccluder, own] : [bodyOccluder],
      hair ? 0.12 : 0.03,
    );
    packer.add(`${name}.vertex`, Uint16Array.from(mesh.vertices));
    packer.add(`${name}.uv`, mesh.uv);
    packer.add(`${name}.index`, mesh.index);
    packer.add(`${name}.occlusion`, bytesOf(occlusion));
    packer.add(`${name}.reference`, Uint16Array.from(proxy.references.flat().map((v) => place.get(v)!)));
    packer.add(`${name}.weight`, Float32Array.from(proxy.weights.flat()));
    packer.add(`${name}.offset`, Float32Array.from(proxy.offsets.flat()));
    described[name] = { kind, denominator: denominators[name] };
  }
  const placed = (pair: readonly number[]): number[] => pair.map((v) => place.get(v)!);
  return {
    kept,
    description: {
      scaleVertices: Object.fromEntries(
        Object.entries(scaleVertices).map(([axis, pair]) => [axis, placed(pair)]),
      ),
      eyeVertices: Object.fromEntries(
        Object.entries(eyeVertices).map(([side, pair]) => [side, placed(pair)]),
      ),
      proxies: described,
    },
  };
}

interface SplitMesh {
  readonly vertices: number[];
  readonly uv: Float32Array;
  readonly index: Uint16Array;
}

/** Splits vertices where they have several texture corners, and quads into triangles. */
function split(quads: readonly Quad[], model: ThreeModel): SplitMesh {
  const places = new Map<string, number>();
  const vertices: number[] = [];
  const uv: number[] = [];
  const index: number[] = [];
  for (const quad of quads) {
    const corner = quad.vertices.map((vertex, i) => {
      const key = `${vertex}/${quad.corners[i]}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, vertices.length);
      uv.push(model.uvs[2 * quad.corners[i]!]!, 1 - model.uvs[2 * quad.corners[i]! + 1]!);
      return vertices.push(vertex) - 1;
    });
    index.push(corner[0]!, corner[1]!, corner[2]!, corner[0]!, corner[2]!, corner[3]!);
  }
  return { vertices, uv: Float32Array.from(uv), index: Uint16Array.from(index) };
}

function fit(proxy: Proxy, body: ThreeModel, denominator: readonly [number, number, number]): Float64Array {
  const scale = Object.values(scaleVertices).map(
    ([a, b], axis) =>
      Math.abs(body.positions[3 * a + axis]! - body.positions[3 * b + axis]!) / denominator[axis]!,
  );
  return Float64Array.from(
    proxy.references.flatMap((triple, i) =>
      [0, 1, 2].map(
        (axis) =>
          triple.reduce((sum, v, k) => sum + proxy.weights[i]![k]! * body.positions[3 * v + axis]!, 0) +
          scale[axis]! * proxy.offsets[i]![axis]!,
      ),
    ),
  );
}

function occluderOf(positions: ArrayLike<number>, quads: readonly Quad[]): Occluder {
  const triangles = quads.flatMap(({ vertices: [a, b, c, d] }) => [a!, b!, c!, a!, c!, d!]);
  return { positions: centred(positions), triangles };
}

function centred(positions: ArrayLike<number>): Float64Array {
  return Float64Array.from(positions, (value, i) => (i % 3 === 1 ? value - middle : value));
}

function take(array: ArrayLike<number>, vertices: readonly number[]): Float64Array {
  return Float64Array.from(vertices.flatMap((v) => [array[3 * v]!, array[3 * v + 1]!, array[3 * v + 2]!]));
}

function vertexNormals(positions: ArrayLike<number>, quads: readonly Quad[]): Float64Array {
  const normals = new Float64Array(positions.length);
  const edge = (from: number, to: number): number[] =>
    [0, 1, 2].map((k) => positions[3 * to + k]! - positions[3 * from + k]!);
  for (const { vertices } of quads) {
    const u = edge(vertices[0]!, vertices[2]!);
    const v = edge(vertices[1]!, vertices[3]!);
    const n = [0, 1, 2].map((k) => u[(k + 1) % 3]! * v[(k + 2) % 3]! - u[(k + 2) % 3]! * v[(k + 1) % 3]!);
    for (const vertex of vertices) n.forEach((value, k) => (normals[3 * vertex + k]! += value));
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i]!, normals[i + 1]!, normals[i + 2]!) || 1;
    for (let k = 0; k < 3; k++) normals[i + k]! /= length;
  }
  return normals;
}

function bytesOf(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
}
