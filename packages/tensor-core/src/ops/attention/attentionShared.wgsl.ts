/**
 * @file Attention by blocks of rows that a subgroup shares.
 *
 * A workgroup is one subgroup of L lanes. It owns 8 rows (queries, or keys in the kernel for dk and dv) and walks the
 * other side in blocks of 4 L columns. Two products alternate, both without workgroup memory or barriers:
 *
 * - scores, rows x columns: lane l owns columns 4 l to 4 l + 3 of the block. For each quad of D, the 8 rows are loaded
 *   once across the subgroup and broadcast, as in matmul.
 * - weighing, rows x D: lane l owns quads l, l + L, ... of D. The weights of four columns are shuffled out of the lane
 *   that owns them and multiplied into the rows of the other operand.
 */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { attentionUniforms, visibleKeys } from "./attentionMask.wgsl.ts";

/** What distinguishes the instances: quads of D that a lane owns, and lanes of the subgroup, at least 8. */
export interface SharedVariant {
  readonly owned: number;
  readonly lanes: number;
}

/** Rows that a workgroup computes. */
export const rowsPerGroup = 8;

const quad = "vec4<f32>";
const rowNumbers = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const parts = ["x", "y", "z", "w"] as const;
const eachRow = (line: (row: number) => string) => rowNumbers.map(line).join("\n");
const eachPart = (line: (part: string, k: number) => string) => parts.map(line).join("\n");
const eachOwned = ({ owned }: SharedVariant, line: (own: number) => string) =>
  Array.from({ length: owned }, (_, own) => line(own)).join("\n");

/** Declares the sums of a lane: `name`, row, owned quad. */
const declareSums = (name: string, variant: SharedVariant) =>
  eachRow((row) => eachOwned(variant, (own) => `  var ${name}${row}_${own} = vec4<f32>(0.0);`));

// D comes as a uniform: heads of several widths share a pipeline, and compilers do not unroll the loops over it.

/** Declares `name`0 to `name`7: the products of the 8 rows of one buffer with this lane's 4 rows of another. */
const scores = (name: string, rows: string, columns: string) => wgsl`
${eachRow((row) => `    var ${name}${row} = vec4<f32>(0.0);`)}
    for (var d = 0u; d < params.quads; d++) {
      let mine = ${rows}[rowAt + d];
${parts.map((_, k) => `      let c${k} = ${columns}[columnAt.${parts[k]} + d];`).join("\n")}
${eachPart((part, k) => `      let b${k} = vec4<f32>(c0.${part}, c1.${part}, c2.${part}, c3.${part});`)}
${eachRow((row) => eachPart((part, k) => `      ${name}${row} += subgroupBroadcast(mine.${part}, ${row}u) * b${k};`))}
    }`;

/** Adds to the sums `name` the rows of `buffer` from `block` on, each times its weight in every row. */
const weigh = (name: string, weights: string, buffer: string, variant: SharedVariant) => wgsl`
    for (var j = 0u; j < used; j++) {
      let at = columnBase + min(block + j * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * columnStride;
${eachPart((part, k) => eachOwned(variant, (own) => `      let v${k}_${own} = ${buffer}[at.${part} + quad${own}];`))}
${eachRow(
  (row) => `      let w${row} = subgroupShuffle(${weights}${row}, j);
${eachOwned(
  variant,
  (own) =>
    `      ${name}${row}_${own} += ${parts.map((part, k) => `w${row}.${part} * v${k}_${own}`).join(" + ")};`,
)}`,
)}
    }`;

/** Stores the sums times a factor, row by row in a loop: stores are long in code. */
const store = (name: string, buffer: string, factor: string, variant: SharedVariant) => wgsl`
  for (var row = 0u; row < min(8u, count - first); row++) {
    let at = rowBase + (first + row) * rowStride + lane;
${eachOwned(
  variant,
  (own) => `    var out${own} = ${name}0_${own};
${rowNumbers
  .slice(1)
  .map((row) => `    out${own} = select(out${own}, ${name}${row}_${own}, row == ${row}u);`)
  .join("\n")}
    if (lane + ${own * variant.lanes}u < params.quads) { ${buffer}[at + ${own * variant.lanes}u] = out${own} * ${factor}; }`,
)}
  }`;

/** Where the row that this lane loads stands, and the quads of D that it owns. */
const place = (variant: SharedVariant) => wgsl`
  let mineRow = min(first + lane % 8u, count - 1u);
  let rowAt = rowBase + mineRow * rowStride;
${eachOwned(variant, (own) => `  let quad${own} = min(lane + ${own * variant.lanes}u, params.quads - 1u);`)}
  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;`;

/** The four columns of this lane in the block. */
const placeColumns = wgsl`
    let columns = block + lane * 4u + vec4<u32>(0u, 1u, 2u, 3u);
    let clamped = min(columns, vec4<u32>(last));
    let columnAt = columnBase + clamped * columnStride;`;

/** Decodes a unit of work as 8 queries of one head. */
const ofQueries = wgsl`
  let count = params.tokens;
  let blocks = (count + 7u) / 8u;
  let first = (unit % blocks) * 8u;
  let head = (unit / blocks) % params.heads;
  let batch = unit / blocks / params.heads;
  let rowStride = params.heads * params.quads;
  let rowBase = batch * count * rowStride + head * params.quads;
  let columnStride = params.keyHeads * params.quads;
  let columnBase = batch * params.keys * columnStride + head / params.group * params.quads;
  let last = params.keys - 1u;
  let end = keysOf(min(first + 7u, count - 1u));
  let stat = (batch * params.heads + head) * count;`;

const main = wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }`;

/** Over the lanes, by a butterfly: shorter and faster than subgroupMax where that is a loop. */
const acrossLanes = ({ lanes }: SharedVariant) => {
  const steps = Array.from({ length: Math.log2(lanes) }, (_, i) => 2 ** i);
  return wgsl`
fn highest(value: f32) -> f32 {
  var v = value;
${steps.map((step) => `  v = max(v, subgroupShuffleXor(v, ${step}u));`).join("\n")}
  return v;
}

fn summed(value: f32) -> f32 {
  var v = value;
${steps.map((step) => `  v += subgroupShuffleXor(v, ${step}u);`).join("\n")}
  return v;
}
`;
};

const shared = ({ owned, lanes }: SharedVariant) =>
  ({
    workgroup: lanes,
    features: ["subgroups"],
    uniforms: attentionUniforms,
    constants: { OWNED: owned, LANES: lanes },
  }) as const;

/**
 * y and the log of each row's sum, by a running maximum (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022,
 * arXiv:2205.14135, algorithm 1). Each lane adds up the weights of its own columns; they meet at the end.
 */
export const attentionForwardShared = byVariant(
  (variant: SharedVariant) =>
    ({
      label: "attention.forward.shared",
      ...shared(variant),
      buffers: { q: read(quad), k: read(quad), v: read(quad), y: write(quad), lse: write() },
      body: wgsl`
${flatGroup}
${visibleKeys}
${acrossLanes(variant)}
${main}
${ofQueries}
${place(variant)}
${declareSums("sum", variant)}
${eachRow(
  (row) => `  let end${row} = keysOf(first + ${row}u);
  var top${row} = -3.4028234e38;
  var total${row} = 0.0;`,
)}
  for (var block = 0u; block < end; block += LANES * 4u) {
${placeColumns}
${scores("s", "q", "k")}
${eachRow(
  (row) => `
    s${row} = select(vec4<f32>(-3.4028234e38), s${row} * unitScale, columns < vec4<u32>(end${row}));
    let peak${row} = max(top${row}, highest(max(max(s${row}.x, s${row}.y), max(s${row}.z, s${row}.w))));
    let keep${row} = exp2(top${row} - peak${row});
    let p${row} = exp2(s${row} - peak${row});
    total${row} = total${row} * keep${row} + ((p${row}.x + p${row}.y) + (p${row}.z + p${row}.w));
    top${row} = peak${row};
${eachOwned(variant, (own) => `    sum${row}_${own} *= keep${row};`)}`,
)}
    let used = min(LANES, (end - block + 3u) / 4u);
${weigh("sum", "p", "v", variant)}
  }
  var logSum = 0.0;
${eachRow(
  (row) => `  let all${row} = summed(total${row});
  logSum = select(logSum, top${row} + log2(all${row}), lane == ${row}u);
${eachOwned(variant, (own) => `  sum${row}_${own} /= all${row};`)}`,
)}
  if (lane < 8u && first + lane < count) { lse[stat + first + lane] = logSum; }
${store("sum", "y", "1.0", variant)}
}`,
    }) as const satisfies KernelSpec,
);

/** p = 2^(s - lse), ds = p (dy·v - delta):  dq = scale Σ ds k, and delta = dy·y for the other kernel. */
export const attentionBackwardQueryShared = byVariant(
  (variant: SharedVariant) =>
    ({
      label: "attention.backward.query.shared",
      ...shared(variant),
      buffers: {
        q: read(quad),
        k: read(quad),
        v: read(quad),
        y: read(quad),
        dy: read(quad),
        lse: read(),
        dq: write(quad),
        delta: write(),
      },
      body: wgsl`
${flatGroup}
${visibleKeys}
${main}
${ofQueries}
${place(variant)}
${declareSums("sum", variant)}
  var product = vec4<f32>(0.0);
  for (var d = 0u; d < params.quads; d++) { product += y[rowAt + d] * dy[rowAt + d]; }
  let mineDelta = (product.x + product.y) + (product.z + product.w);
  if (lane < 8u && first + lane < count) { delta[stat + first + lane] = mineDelta; }
  let mineLse = lse[stat + mineRow];
${eachRow(
  (row) => `  let end${row} = keysOf(first + ${row}u);
  let lse${row} = subgroupBroadcast(mineLse, ${row}u);
  let delta${row} = subgroupBroadcast(mineDelta, ${row}u);`,
)}
  for (var block = 0u; block < end; block += LANES * 4u) {
${placeColumns}
${scores("s", "q", "k")}
${scores("t", "dy", "v")}
${eachRow(
  (
    row,
  ) => `    let p${row} = select(vec4<f32>(0.0), exp2(s${row} * unitScale - lse${row}), columns < vec4<u32>(end${row}));
    let ds${row} = p${row} * (t${row} - delta${row});`,
)}
    let used = min(LANES, (end - block + 3u) / 4u);
${weigh("sum", "ds", "k", variant)}
  }
${store("sum", "dq", "params.scale", variant)}
}`,
    }) as const satisfies KernelSpec,
);

/** dk = scale Σ ds q, dv = Σ p dy, over the queries that see the key, in all heads of its group. */
export const attentionBackwardKeyShared = byVariant(
  (variant: SharedVariant) =>
    ({
      label: "attention.backward.key.shared",
      ...shared(variant),
      buffers: {
        q: read(quad),
        k: read(quad),
        v: read(quad),
        dy: read(quad),
        lse: read(),
        delta: read(),
        dk: write(quad),
        dv: write(quad),
      },
      body: wgsl`
${flatGroup}
${visibleKeys}
${main}
  let count = params.keys;
  let blocks = (count + 7u) / 8u;
  let first = (unit % blocks) * 8u;
  let keyHead = (unit / blocks) % params.keyHeads;
  let batch = unit / blocks / params.keyHeads;
  let rowStride = params.keyHeads * params.quads;
  let rowBase = batch * count * rowStride + keyHead * params.quads;
  let columnStride = params.heads * params.quads;
  let last = params.tokens - 1u;
${place(variant)}
${declareSums("keySum", variant)}
${declareSums("valueSum", variant)}
${eachRow((row) => `  let start${row} = firstQueryOf(first + ${row}u);`)}
  for (var g = 0u; g < params.group; g++) {
    let head = keyHead * params.group + g;
    let columnBase = batch * params.tokens * columnStride + head * params.quads;
    let stat = (batch * params.heads + head) * params.tokens;
    for (var block = start0; block < params.tokens; block += LANES * 4u) {
${placeColumns}
${scores("s", "k", "q")}
${scores("t", "v", "dy")}
    let at = stat + clamped;
    let lses = vec4<f32>(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
    let deltas = vec4<f32>(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
    let inside = columns <= vec4<u32>(last);
${eachRow(
  (
    row,
  ) => `    let p${row} = select(vec4<f32>(0.0), exp2(s${row} * unitScale - lses), inside & (columns >= vec4<u32>(start${row})));
    let ds${row} = p${row} * (t${row} - deltas);`,
)}
    let used = min(LANES, (params.tokens - block + 3u) / 4u);
${weigh("valueSum", "p", "dy", variant)}
${weigh("keySum", "ds", "q", variant)}
    }
  }
${store("keySum", "dk", "params.scale", variant)}
${store("valueSum", "dv", "1.0", variant)}
}`,
    }) as const satisfies KernelSpec,
);
