/** @file Reads the head asset: base mesh, morph targets, proxies and textures. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import sharp from "sharp";

/** A drawn surface: vertices are places in the mesh, split where texture corners differ. */
export interface Surface {
  /** Mesh vertex of each drawn vertex. */
  readonly vertex: Uint16Array;
  /** u, v of each drawn vertex; v points down. */
  readonly uv: Float32Array;
  /** Triangles, three drawn vertices each, counter-clockwise from the front. */
  readonly index: Uint16Array;
  /** Ambient visibility of each drawn vertex, 0..255. */
  readonly occlusion: Uint8Array;
}

export type ProxyKind = "eyes" | "lash" | "brow" | "hair";

/** A surface that is fitted onto the morphed head. */
export interface HeadProxy extends Surface {
  readonly name: string;
  readonly kind: ProxyKind;
  /** Three base vertices for each proxy vertex. */
  readonly reference: Uint16Array;
  readonly weight: Float32Array;
  readonly offset: Float32Array;
  /** Divides the measured distance on each axis, see `fitProxy`. */
  readonly denominator: readonly [number, number, number];
}

/** Everything geometric of the head. */
export interface HeadAsset {
  /** x, y, z of the base vertices in decimetres; y up, z to the front. */
  readonly position: Float32Array;
  readonly skin: Surface;
  readonly proxies: ReadonlyMap<string, HeadProxy>;
  /** First entry and number of entries of each target in `targetVertex`. */
  readonly targets: Readonly<Record<string, readonly [number, number]>>;
  readonly targetVertex: Uint16Array;
  /** Thousandths of a decimetre, three for each entry. */
  readonly targetDelta: Int16Array;
  readonly scaleVertices: Readonly<Record<"x" | "y" | "z", readonly [number, number]>>;
  /** First and last base vertex of each eye's helper. */
  readonly eyeVertices: Readonly<Record<"left" | "right", readonly [number, number]>>;
  readonly skins: readonly string[];
  readonly irises: readonly string[];
}

/** Pixels of one texture, RGBA, sRGB-encoded. */
export interface Texture {
  readonly size: number;
  readonly pixels: Uint8Array;
}

interface Description {
  readonly arrays: Record<string, { type: "u8" | "u16" | "i16" | "f32"; offset: number; length: number }>;
  readonly proxies: Record<string, { kind: ProxyKind; denominator: [number, number, number] }>;
  readonly targets: HeadAsset["targets"];
  readonly scaleVertices: HeadAsset["scaleVertices"];
  readonly eyeVertices: HeadAsset["eyeVertices"];
  readonly skins: string[];
  readonly irises: string[];
}

/** Folder of the asset in this package. */
export const headAssetFolder: string = fileURLToPath(new URL("../../assets/head/", import.meta.url));

/** Loads the geometry. */
export async function loadHeadAsset(folder: string = headAssetFolder): Promise<HeadAsset> {
  const [json, binary] = await Promise.all([
    readFile(`${folder}/head.json`, "utf8"),
    readFile(`${folder}/head.bin`),
  ]);
  const description = JSON.parse(json) as Description;
  const buffer = binary.buffer.slice(binary.byteOffset, binary.byteOffset + binary.byteLength);
  const arrayOf = (name: string): Uint8Array | Uint16Array | Int16Array | Float32Array => {
    const entry = description.arrays[name];
    if (!entry) throw new Error(`[loadHeadAsset] head.bin has no array ${name}: extract the asset again`);
    const view = { u8: Uint8Array, u16: Uint16Array, i16: Int16Array, f32: Float32Array }[entry.type];
    return new view(buffer, entry.offset, entry.length);
  };
  const surface = (name: string): Surface => ({
    vertex: arrayOf(`${name}.vertex`) as Uint16Array,
    uv: arrayOf(`${name}.uv`) as Float32Array,
    index: arrayOf(`${name}.index`) as Uint16Array,
    occlusion: arrayOf(`${name}.occlusion`) as Uint8Array,
  });
  const proxies = Object.entries(description.proxies).map(
    ([name, { kind, denominator }]): [string, HeadProxy] => [
      name,
      {
        ...surface(name),
        name,
        kind,
        denominator,
        reference: arrayOf(`${name}.reference`) as Uint16Array,
        weight: arrayOf(`${name}.weight`) as Float32Array,
        offset: arrayOf(`${name}.offset`) as Float32Array,
      },
    ],
  );
  return {
    position: arrayOf("position") as Float32Array,
    skin: surface("skin"),
    proxies: new Map(proxies),
    targets: description.targets,
    targetVertex: arrayOf("targetVertex") as Uint16Array,
    targetDelta: arrayOf("targetDelta") as Int16Array,
    scaleVertices: description.scaleVertices,
    eyeVertices: description.eyeVertices,
    skins: description.skins,
    irises: description.irises,
  };
}

/**
 * Decodes textures of one size.
 *
 * @param names file names in the asset's folder
 * @param size pixels a side
 */
export async function loadTextures(
  names: readonly string[],
  size: number,
  folder: string = headAssetFolder,
): Promise<Texture[]> {
  return Promise.all(
    names.map(async (name) => ({
      size,
      pixels: new Uint8Array(
        await sharp(`${folder}/${name}`).resize(size, size).ensureAlpha().raw().toBuffer(),
      ),
    })),
  );
}
