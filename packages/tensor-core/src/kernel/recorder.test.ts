/** @file Dispatches over many workgroups, in long batches, and the assembly of kernels. */

import { describe, expect, it } from "vitest";
import { testDevice } from "../testing/testDevice.ts";
import { assemble, packUniforms, variantKey } from "./assemble.ts";
import { read, wgsl, write, type KernelSpec } from "./kernelSpec.ts";
import { flatGroup } from "./wgsl/flatIndex.ts";
import { BufferPool } from "../memory/bufferPool.ts";
import { MapMode, BufferUsage } from "../device/gpuConstants.ts";
import { Recorder } from "./recorder.ts";

/** Adds a number to one element, so a lost, doubled or reordered dispatch shows. */
const bump = {
  label: "test.bump",
  workgroup: 1,
  buffers: { y: write("u32") },
  uniforms: { factor: "u32", term: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>) {
  let i = flatGroup(wid, nwg);
  if (i < arrayLength(&y)) { y[i] = y[i] * params.factor + params.term + i; }
}`,
} as const satisfies KernelSpec;

async function setUp(elements: number, maxBindGroups?: number) {
  const { gpu } = await testDevice();
  const pool = new BufferPool(gpu);
  const recorder = new Recorder(gpu, undefined, maxBindGroups);
  const bytes = elements * 4;
  const pooled = pool.acquire(bytes, { label: "y", shape: [elements], dtype: "u32" });
  const buffer = pooled.buffer as GPUBuffer;
  gpu.queue.writeBuffer(buffer, 0, new Uint32Array(pooled.bytes / 4));
  const readBack = async () => {
    const staging = gpu.createBuffer({ size: bytes, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
    recorder.copy(buffer, staging, bytes);
    recorder.flush();
    await staging.mapAsync(MapMode.READ);
    return new Uint32Array(staging.getMappedRange().slice(0));
  };
  return { recorder, y: { pooled, bytes }, readBack };
}

describe("Recorder", () => {
  it.each([65_535, 65_536, 65_537, 200_003])("reaches each of %i workgroups once", async (groups) => {
    const { recorder, y, readBack } = await setUp(groups);
    recorder.dispatch(bump, { y }, { factor: 1, term: 1 }, groups);
    expect((await readBack()).every((value, i) => value === i + 1)).toBe(true);
  });

  it("keeps the order and the uniforms of more dispatches than one batch holds", async () => {
    const { recorder, y, readBack } = await setUp(1);
    const count = 2500;
    let want = 0;
    for (let i = 0; i < count; i++) {
      recorder.dispatch(bump, { y }, { factor: 3, term: i }, 1);
      want = (Math.imul(want, 3) + i) >>> 0;
    }
    expect([...(await readBack())]).toEqual([want]);
    expect(recorder.stats).toEqual({
      dispatches: count,
      submits: 3,
      pipelines: 1,
      bindGroups: 1,
      keptBindGroups: 1,
    });
  });

  it("keeps a bounded number of bind groups over any number of shapes, the latest", async () => {
    const most = 50;
    const { recorder, y, readBack } = await setUp(most + 10, most);
    const bumpFirst = (elements: number) =>
      recorder.dispatch(bump, { y: { ...y, bytes: 4 * elements } }, { factor: 1, term: 1 }, 1);
    for (let elements = 1; elements <= most + 10; elements++) bumpFirst(elements);
    expect(recorder.stats).toMatchObject({ bindGroups: most + 10, keptBindGroups: most });
    bumpFirst(11); // the oldest that is left
    expect(recorder.stats).toMatchObject({ bindGroups: most + 10, keptBindGroups: most });
    bumpFirst(10);
    expect(recorder.stats).toMatchObject({ bindGroups: most + 11, keptBindGroups: most });
    expect((await readBack())[0]).toBe(most + 12);
  });

  it("records nothing for no workgroups, and submits nothing where nothing is recorded", async () => {
    const { recorder, y } = await setUp(1);
    recorder.dispatch(bump, { y }, { factor: 1, term: 1 }, 0);
    recorder.dispatch(bump, { y }, { factor: 1, term: 1 }, [4, 0, 1]);
    recorder.flush();
    expect(recorder.stats).toMatchObject({ dispatches: 0, submits: 0 });
  });

  it("compiles each variant of a kernel once", async () => {
    const { recorder, y } = await setUp(1);
    const variants = [1, 1, 2].map((A) => ({ ...bump, constants: { A } }));
    for (const kernel of [...variants, bump]) {
      recorder.dispatch(kernel, { y }, { factor: 1, term: 1 }, 1);
    }
    recorder.flush();
    expect(recorder.stats.pipelines).toBe(3);
  });
});

describe("assemble", () => {
  it("declares uniforms, buffers in order, sizes and constants", () => {
    const kernel = {
      label: "test.all",
      workgroup: [4, 2, 1],
      buffers: { x: read("vec4<f32>"), y: write("i32") },
      uniforms: { rows: "u32", eps: "f32" },
      constants: { TILE: 8, FLIP: true },
      features: ["subgroups", "shader-f16"],
      body: "fn body() {}\n\n",
    } as const satisfies KernelSpec;
    expect(assemble(kernel)).toBe(`enable subgroups;
enable f16;
struct Params {
  rows: u32,
  eps: f32,
}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;
const WG = 8u;
const WG_X = 4u;
const WG_Y = 2u;
const WG_Z = 1u;
const TILE = 8u;
const FLIP = true;
fn body() {}
`);
    expect(variantKey(kernel)).toBe('test.all {"TILE":8,"FLIP":true}');
  });

  it("packs uniforms in the order of their declaration", () => {
    const view = new DataView(new ArrayBuffer(20));
    packUniforms({ a: "u32", b: "f32", c: "i32" }, { c: -2, b: 1.5, a: 4_000_000_000 }, view, 4);
    expect([
      view.getUint32(0),
      view.getUint32(4, true),
      view.getFloat32(8, true),
      view.getInt32(12, true),
    ]).toEqual([0, 4_000_000_000, 1.5, -2]);
    expect(() => packUniforms({ a: "u32" }, {}, view, 0)).toThrow("uniform a has no value");
  });
});
