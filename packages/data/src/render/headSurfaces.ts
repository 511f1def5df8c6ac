/** @file The head's surfaces on the device: what never moves once, what moves per picture. */

import { BufferUsage } from "@candor/tensor-core/device";

import type { HeadAsset, Surface } from "./headAsset.ts";

/** One surface's buffers. */
export interface DeviceSurface {
  /** u, v, occlusion, base x, y, z of each drawn vertex. */
  readonly still: GPUBuffer;
  readonly index: GPUBuffer;
  readonly count: number;
  /** Position and normal of each drawn vertex. */
  readonly moving: GPUBuffer;
}

/** Bytes of a vertex in either buffer. */
export const vertexBytes = 24;

/** Buffers of every surface, and one more for the shell of a mask. */
export interface HeadSurfaces {
  readonly skin: DeviceSurface;
  /** The skin's vertices again, below the chin only. */
  readonly shirt: DeviceSurface;
  readonly shell: DeviceSurface;
  readonly proxies: ReadonlyMap<string, DeviceSurface>;
}

/** Creates the buffers. */
export function createSurfaces(gpu: GPUDevice, asset: HeadAsset): HeadSurfaces {
  const skin = createSurface(gpu, asset.skin, asset.position);
  const shell = { ...skin, moving: movingBuffer(gpu, asset.skin.vertex.length) };
  return {
    skin,
    shirt: { ...skin, ...indexBuffer(gpu, shirtIndex(asset)) },
    shell,
    proxies: new Map([...asset.proxies].map(([name, proxy]) => [name, createSurface(gpu, proxy, null)])),
  };
}

function createSurface(gpu: GPUDevice, surface: Surface, base: Float32Array | null): DeviceSurface {
  const count = surface.vertex.length;
  const still = new Float32Array(6 * count);
  for (let i = 0; i < count; i++) {
    still.set([surface.uv[2 * i]!, surface.uv[2 * i + 1]!, surface.occlusion[i]! / 255], 6 * i);
    if (base) for (let k = 0; k < 3; k++) still[6 * i + 3 + k] = base[3 * surface.vertex[i]! + k]!;
  }
  return {
    still: filledBuffer(gpu, still, BufferUsage.VERTEX),
    ...indexBuffer(gpu, surface.index),
    moving: movingBuffer(gpu, count),
  };
}

function movingBuffer(gpu: GPUDevice, count: number): GPUBuffer {
  return gpu.createBuffer({ size: vertexBytes * count, usage: BufferUsage.VERTEX | BufferUsage.COPY_DST });
}

function filledBuffer(gpu: GPUDevice, data: Float32Array | Uint16Array, usage: number): GPUBuffer {
  const buffer = gpu.createBuffer({
    size: Math.ceil(data.byteLength / 4) * 4,
    usage: usage | BufferUsage.COPY_DST,
    mappedAtCreation: true,
  });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}

function indexBuffer(gpu: GPUDevice, index: Uint16Array): Pick<DeviceSurface, "index" | "count"> {
  return { index: filledBuffer(gpu, index, BufferUsage.INDEX), count: index.length };
}

const highestShirt = 6;

function shirtIndex(asset: HeadAsset): Uint16Array {
  const low = (corner: number): boolean => asset.position[3 * asset.skin.vertex[corner]! + 1]! < highestShirt;
  const index: number[] = [];
  for (let t = 0; t < asset.skin.index.length; t += 3) {
    const triangle = asset.skin.index.subarray(t, t + 3);
    if (triangle.every(low)) index.push(...triangle);
  }
  return Uint16Array.from(index);
}
