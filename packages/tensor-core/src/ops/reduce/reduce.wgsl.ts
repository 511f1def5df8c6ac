/** @file Reductions over one axis, built from a monoid. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** What a reduction takes and gives. */
export type ReducedType = "f32" | "i32" | "u32";

/** An associative operation with its neutral element, as WGSL over `f32` and `vec4<f32>`. */
export interface Monoid {
  readonly name: "sum" | "prod" | "max" | "min";
  readonly identity: string;
  readonly combine: string;
  /** Functions that the identity calls. */
  readonly functions?: string;
  /** The same of whole numbers: neutral elements in JavaScript, and WGSL. */
  readonly whole: { readonly i32: number; readonly u32: number; readonly combine: string };
}

// WGSL refuses a constant infinity.
const infinity = wgsl`
fn infinity() -> f32 { var bits = 0x7f800000u; return bitcast<f32>(bits); }`;

export const sumMonoid: Monoid = {
  name: "sum",
  identity: "0.0",
  combine: "a + b",
  whole: { i32: 0, u32: 0, combine: "a + b" },
};
export const prodMonoid: Monoid = {
  name: "prod",
  identity: "1.0",
  combine: "a * b",
  whole: { i32: 1, u32: 1, combine: "a * b" },
};
// WGSL's max and min may drop NaN; here it stays, whichever side it is on.
export const maxMonoid: Monoid = {
  name: "max",
  identity: "-infinity()",
  combine: "select(b, a, (a > b) | !(a == a))",
  functions: infinity,
  whole: { i32: -(2 ** 31), u32: 0, combine: "max(a, b)" },
};
export const minMonoid: Monoid = {
  name: "min",
  identity: "infinity()",
  combine: "select(b, a, (a < b) | !(a == a))",
  functions: infinity,
  whole: { i32: 2 ** 31 - 1, u32: 2 ** 32 - 1, combine: "min(a, b)" },
};

/** By name. */
export const monoids: Readonly<Record<Monoid["name"], Monoid>> = {
  sum: sumMonoid,
  prod: prodMonoid,
  max: maxMonoid,
  min: minMonoid,
};

/**
 * x is [outer, n, items], y is [outer, blocks, items], of floats times `factor`; block b holds the rows b, b + blocks, ...
 *
 * One invocation per item of y, in row order. With `quads` an item is four neighbouring elements.
 */
export function reduceKernel(monoid: Monoid, quads: boolean, dtype: ReducedType = "f32") {
  const item = quads ? (`vec4<${dtype}>` as const) : dtype;
  const whole = dtype !== "f32";
  return {
    label: `reduce.${monoid.name}${whole ? `.${dtype}` : ""}`,
    workgroup: 64,
    buffers: { x: read(item), y: write(item) },
    uniforms: { count: "u32", n: "u32", items: "u32", blocks: "u32", factor: "f32" },
    constants: { QUADS: quads },
    body: wgsl`
${flatGroup}${(!whole && monoid.functions) || ""}
alias Item = ${item};
fn combine(a: Item, b: Item) -> Item { return ${whole ? monoid.whole.combine : monoid.combine}; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.count) { return; }
  let column = i % params.items;
  let block = (i / params.items) % params.blocks;
  let start = (i / params.items / params.blocks) * params.n * params.items + column;
  var all = Item(${whole ? `${dtype}(${monoid.whole[dtype]})` : monoid.identity});
  for (var row = block; row < params.n; row += params.blocks) {
    all = combine(all, x[start + row * params.items]);
  }
  y[i] = all${whole ? "" : " * params.factor"};
}`,
  } as const satisfies KernelSpec;
}
