/** @file Sums and maxima over one row, held by a workgroup that walks the row with a stride. */

import type { DeviceInfo } from "../../device/openDevice.ts";
import { wgsl } from "../kernelSpec.ts";
import { workgroupReduce } from "./workgroupReduce.ts";

/** What distinguishes kernels that give each row of a tensor to one workgroup. */
export interface RowVariant {
  /** The row length is a multiple of four: items are vec4, else f32. */
  readonly quads: boolean;
  /** Lanes of the subgroup that is the workgroup; 1 where the workgroup reduces by a tree instead. */
  readonly lanes: number;
}

/** The variant for rows of `dim` elements: one subgroup a row where its size is fixed. */
export function rowVariant(info: DeviceInfo, dim: number): RowVariant {
  const { subgroupMinSize, subgroupMaxSize } = info;
  const fixed = subgroupMinSize === subgroupMaxSize && [4, 8, 16, 32, 64].includes(subgroupMinSize);
  return { quads: dim % 4 === 0, lanes: fixed ? subgroupMinSize : 1 };
}

/** Elements in an item. */
export function itemWidth({ quads }: RowVariant): number {
  return quads ? 4 : 1;
}

/** The buffer element of an item. */
export function itemElement({ quads }: RowVariant): "vec4<f32>" | "f32" {
  return quads ? "vec4<f32>" : "f32";
}

/** Workgroup size and features of a row kernel. */
export function rowWorkgroup({ lanes }: RowVariant) {
  return lanes > 1 ? { workgroup: lanes, features: ["subgroups"] as const } : { workgroup: 64 };
}

/**
 * The shared WGSL of row kernels: the type `Item`, `total(item)` and `largest(item)` within an item, `rowSum(value,
 * lane)` and `rowMax(value, lane)` over the workgroup, the same in every invocation; every invocation must call them.
 */
export function rowReduce({ quads, lanes }: RowVariant): string {
  return `${quads ? quadItem : scalarItem}${lanes > 1 ? bySubgroup : byTree}`;
}

/** `Item` is four neighbouring elements. */
export const quadItem = wgsl`
alias Item = vec4<f32>;
fn total(v: Item) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn largest(v: Item) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
`;

/** `Item` is one element. */
export const scalarItem = wgsl`
alias Item = f32;
fn total(v: Item) -> f32 { return v; }
fn largest(v: Item) -> f32 { return v; }
`;

const bySubgroup = wgsl`
fn rowSum(value: f32, lane: u32) -> f32 { return subgroupAdd(value); }
fn rowMax(value: f32, lane: u32) -> f32 { return subgroupMax(value); }
`;

const byTree = wgsl`
${workgroupReduce}
fn rowSum(value: f32, lane: u32) -> f32 { return workgroupSum(value, lane); }
fn rowMax(value: f32, lane: u32) -> f32 { return workgroupMax(value, lane); }
`;

/** One instance of a kernel family for each variant. */
export function byVariant<V, K>(build: (variant: V) => K): (variant: V) => K {
  const instances = new Map<string, K>();
  return (variant) => {
    const key = JSON.stringify(variant);
    let kernel = instances.get(key);
    if (!kernel) instances.set(key, (kernel = build(variant)));
    return kernel;
  };
}
