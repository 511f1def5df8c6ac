/**
 * @file Attention by blocks of rows that a subgroup shares.
 *
 * A workgroup is one subgroup of L lanes. It owns R rows (queries, or keys in the kernel for dk and dv) and walks the
 * other side in blocks of 4 L columns. Two products alternate, both without workgroup memory or barriers:
 *
 * - scores, rows x columns: lane l owns columns 4 l to 4 l + 3 of the block. For each quad of D, the rows are loaded
 *   once across the subgroup and broadcast, as in matmul.
 * - weighing, rows x D: lane l owns quads l, l + L, ... of D; where D is short, `fold` groups of lanes own the same
 *   quads and take turns with the columns. Weights are shuffled out of the lane that owns them and multiplied into the
 *   rows of the other operand.
 *
 * Loads and stores are what costs on software adapters, in time and in code: a row of vec4 is unpacked lane by lane. So
 * every kernel keeps few of them, and feeds as many products as possible from each. What is done to each row between
 * two products is a loop over rows held in an array: its length is a uniform, so that no compiler unrolls it, and the
 * code is a sixteenth.
 */

import { read, wgsl, write, type KernelSpec, type UniformNumbers } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { type QuadFormat, quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { attentionUniforms, visibleKeys, visibleQuads } from "./attentionMask.wgsl.ts";
import type { Stored } from "./storedAs.ts";

/** What distinguishes the instances. */
export interface SharedVariant {
  /** Rows that a subgroup computes. */
  readonly rows: number;
  /** Quads of D that a lane owns. */
  readonly owned: number;
  /** Lanes of the subgroup, at least 8. */
  readonly lanes: number;
  /** Groups of lanes that share the quads of D. */
  readonly fold: number;
}

/** The variant for heads of `quads` quads. */
export function sharedVariant(quads: number, lanes: number, rows: number): SharedVariant {
  // Few widths, so that heads of 4, 8, 12 and 16 share a pipeline.
  const width = Math.max(4, 2 ** Math.ceil(Math.log2(quads)));
  return { rows, owned: Math.ceil(quads / lanes), lanes, fold: Math.max(1, lanes / width) };
}

/** unitRows R. */
export const sharedUniforms = { ...attentionUniforms, unitRows: "u32" } as const;

export const quad = "vec4<f32>";
export const parts = ["x", "y", "z", "w"] as const;
export const count = (n: number, line: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => line(i)).join("\n");
export const eachRow = ({ rows }: SharedVariant, line: (row: number) => string) => count(rows, line);
const eachPart = (line: (part: string, k: number) => string) => parts.map(line).join("\n");
const eachOwned = ({ owned }: SharedVariant, line: (own: number) => string) => count(owned, line);

/** Operations of one product of queries and keys, of all heads; a unit has `unitRows` of the queries. */
export function sharedProductFlop(
  sizes: Record<"units" | "queries" | "unitRows" | "keys" | "quads", number>,
): number {
  const { units, queries, unitRows, keys, quads } = sizes;
  const heads = units / Math.ceil(queries / unitRows);
  return 2 * heads * queries * keys * quads * 4;
}

/** Declares the sums of a lane: `name`, row, owned quad. */
const declareSums = (name: string, variant: SharedVariant) =>
  eachRow(variant, (row) => eachOwned(variant, (own) => `  var ${name}${row}_${own} = vec4<f32>(0.0);`));

// D comes as a uniform: heads of several widths share a pipeline, and compilers do not unroll the loops over it.

/** Declares `name`0 and on: the products of the rows of one buffer with this lane's 4 rows of another. */
export const scores = (name: string, rows: string, columns: string, variant: SharedVariant & Stored) => {
  const { load } = quadFormat(variant.dtype);
  const pieces = Math.max(1, variant.rows / variant.lanes);
  return wgsl`
${eachRow(variant, (row) => `    var ${name}${row} = vec4<f32>(0.0);`)}
    for (var d = 0u; d < params.quads; d++) {
${count(pieces, (i) => `      let mine${i} = ${load(`${rows}[rowAt${i} + d]`)};`)}
${parts.map((_, k) => `      let c${k} = ${load(`${columns}[columnAt.${parts[k]} + d]`)};`).join("\n")}
${eachPart((part, k) => `      let b${k} = vec4<f32>(c0.${part}, c1.${part}, c2.${part}, c3.${part});`)}
${eachRow(variant, (row) =>
  eachPart(
    (part, k) =>
      `      ${name}${row} += subgroupBroadcast(mine${Math.floor(row / variant.lanes)}.${part}, ${row % variant.lanes}u) * b${k};`,
  ),
)}
    }`;
};

/** Columns that a lane weighs in one step: as many as keep the loads at four. */
const columnsAtOnce = ({ owned }: SharedVariant) => (owned === 1 ? 4 : owned === 2 ? 2 : 1);

/** Adds to the sums `name` the rows of `buffer` from `block` on, each times its weight in every row. */
const weigh = (name: string, weights: string, buffer: string, variant: SharedVariant & Stored) => {
  const { load } = quadFormat(variant.dtype);
  const { fold } = variant;
  const at = columnsAtOnce(variant);
  const turns = 4 / at;
  const source = `step${turns > 1 ? ` / ${turns}u` : ""}${fold > 1 ? ` * ${fold}u + turn` : ""}`;
  const weight = (row: number) => {
    const from = `${weights}${row}`;
    if (at === 4) return from;
    if (at === 2) return `select(${from}.xy, ${from}.zw, step % 2u == 1u)`;
    return `select(select(${from}.x, ${from}.y, step % 4u == 1u), select(${from}.z, ${from}.w, step % 4u == 3u), step % 4u > 1u)`;
  };
  const used = (own: number, k: number, row: number) =>
    at === 1 ? `w${row} * v${k}_${own}` : `w${row}.${parts[k]} * v${k}_${own}`;
  return wgsl`
    for (var step = 0u; step < used; step++) {
      let source = ${source};
      let column = block + source * 4u${turns > 1 ? ` + step % ${turns}u * ${at}u` : ""};
${count(at, (k) => `      let at${k} = columnBase + min(column + ${k}u, last) * columnStride;`)}
${count(at, (k) => eachOwned(variant, (own) => `      let v${k}_${own} = ${load(`${buffer}[at${k} + quad${own}]`)};`))}
${eachRow(
  variant,
  (row) => `      let w${row} = subgroupShuffle(${weight(row)}, source);
${eachOwned(
  variant,
  (own) =>
    `      ${name}${row}_${own} += ${Array.from({ length: at }, (_, k) => used(own, k, row)).join(" + ")};`,
)}`,
)}
    }`;
};

/** Steps of a weighing over the columns from `block` to `end`. */
const usedSteps = (end: string, variant: SharedVariant) => {
  const columns = variant.fold * columnsAtOnce(variant);
  return `    let used = min(LANES * 4u, ${end} - block + ${columns - 1}u) / ${columns}u;`;
};

/** Adds up the sums of lanes that own the same quads. */
const joinSums = (name: string, variant: SharedVariant) => {
  if (variant.fold === 1) return "";
  const steps = Array.from({ length: Math.log2(variant.fold) }, (_, i) => variant.lanes / 2 ** (i + 1));
  return eachRow(variant, (row) =>
    steps.map((step) => `  ${name}${row}_0 += subgroupShuffleXor(${name}${row}_0, ${step}u);`).join("\n"),
  );
};

/** Rows of one value a lane as an array, for a loop over them. */
export const held = (name: string, rows: number, element: (row: number) => string) =>
  `var ${name} = array<vec4<f32>, ROWS>(${Array.from({ length: rows }, (_, row) => element(row)).join(", ")});`;

/** Stores row r of the held sums; lanes that share quads have the same, and the first of them store. */
const storeOwned = (variant: SharedVariant, { store }: QuadFormat) => {
  const { lanes, fold } = variant;
  const lane = (own: number) => (own === 0 ? "lane" : `lane + ${own * lanes}u`);
  const mine = fold > 1 ? ` && lane < ${lanes / fold}u` : "";
  return eachOwned(
    variant,
    (own) =>
      `    if (${lane(own)} < params.quads${mine}) { y[rowAt + ${lane(own)}] = ${store(`held${own}[r % ROWS] / divisor`)}; }`,
  );
};

/** Where the rows that this lane loads stand, and the quads of D that it owns. */
export const place = (variant: SharedVariant) => {
  const { rows, lanes, fold } = variant;
  const own = fold > 1 ? `lane % ${lanes / fold}u` : "lane";
  return wgsl`
${count(Math.max(1, rows / lanes), (i) => {
  const row = rows < lanes ? `lane % ROWS` : `lane + ${i * lanes}u`;
  return `  let mineRow${i} = min(first + ${row}, count - 1u);
  let rowAt${i} = rowBase + mineRow${i} * rowStride;`;
})}
${eachOwned(variant, (i) => `  let quad${i} = min(${own} + ${i * lanes}u, params.quads - 1u);`)}
${fold > 1 ? `  let turn = lane / ${lanes / fold}u;` : ""}
  // Scores are kept in units of log 2, for exp2.
  let unitScale = params.scale * 1.4426950408889634;`;
};

/** The four columns of this lane in the block. */
export const placeColumns = wgsl`
    let columns = block + lane * 4u + vec4<u32>(0u, 1u, 2u, 3u);
    let columnAt = columnBase + min(columns, vec4<u32>(last)) * columnStride;`;

/** Decodes a unit of work as R queries of one head. */
export const ofQueries = (blocks: string, begin: string) => wgsl`
  let count = params.tokens;
  let blocks = ${blocks};
  let first = ${begin}(unit % blocks) * ROWS;
  let head = (unit / blocks) % params.heads;
  let batch = unit / blocks / params.heads;
  let rowStride = params.heads * params.quads;
  let rowBase = batch * count * rowStride + head * params.quads;
  let columnStride = params.keyHeads * params.quads;
  let columnBase = batch * params.keys * columnStride + head / params.group * params.quads;
  let last = max(params.keys, 1u) - 1u;
  let endKey = endOfKeys(batch);
  let end = min(keysOf(min(first + ROWS, count) - 1u), endKey);
  let stat = (batch * params.heads + head) * count;
  let rows = min(params.unitRows, count - first);`;

export const main = wgsl`
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

export const shared = ({ rows, owned, lanes, fold }: SharedVariant) =>
  ({
    workgroup: lanes,
    features: ["subgroups"],
    constants: { ROWS: rows, OWNED: owned, LANES: lanes, FOLD: fold },
  }) as const;

/**
 * y and the log of each row's sum, by a running maximum (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022,
 * arXiv:2205.14135, algorithm 1). Each lane adds up the weights of its own columns; they meet at the end.
 */
export const attentionForwardShared = byVariant((variant: SharedVariant & Stored) => {
  const format = quadFormat(variant.dtype);
  return {
    label: `attention.forward.shared${format.suffix}`,
    ...shared(variant),
    uniforms: sharedUniforms,
    // Scores and the sum of values.
    flop: ({ units, tokens, unitRows, keys, quads }: UniformNumbers<typeof sharedUniforms>) =>
      2 * sharedProductFlop({ units, queries: tokens, unitRows, keys, quads }),
    buffers: {
      q: read(format.element),
      k: read(format.element),
      v: read(format.element),
      y: write(format.element),
      lse: write(),
      visible: read("vec4<u32>"),
    },
    body: wgsl`
${flatGroup}
${visibleKeys}${visibleQuads}${format.functions}
${acrossLanes(variant)}
${main}
${ofQueries("(count + ROWS - 1u) / ROWS", "")}
${place(variant)}
${declareSums("sum", variant)}
  var tops: array<f32, ROWS>;
  var totals: array<f32, ROWS>;
  for (var r = 0u; r < rows; r++) { tops[r % ROWS] = -3.4028234e38; totals[r % ROWS] = 0.0; }
  for (var block = 0u; block < end; block += LANES * 4u) {
${placeColumns}
    let seen = isVisible(batch, block / 4u + lane);
${scores("s", "q", "k", variant)}
    ${held("weights", variant.rows, (row) => `s${row}`)}
    var keeps: array<f32, ROWS>;
    for (var r = 0u; r < rows; r++) {
      let at = r % ROWS;
      let seenHere = (columns < vec4<u32>(min(keysOf(first + r), endKey))) & seen;
      let score = select(vec4<f32>(-3.4028234e38), weights[at] * unitScale, seenHere);
      let peak = max(tops[at], highest(max(max(score.x, score.y), max(score.z, score.w))));
      let keep = exp2(tops[at] - peak);
      let p = select(vec4<f32>(0.0), exp2(score - peak), seenHere);
      totals[at] = totals[at] * keep + ((p.x + p.y) + (p.z + p.w));
      tops[at] = peak;
      keeps[at] = keep;
      weights[at] = p;
    }
${eachRow(
  variant,
  (row) => `    let p${row} = weights[${row}];
${eachOwned(variant, (own) => `    sum${row}_${own} *= keeps[${row}];`)}`,
)}
${usedSteps("end", variant)}
${weigh("sum", "p", "v", variant)}
  }
${joinSums("sum", variant)}
${eachOwned(variant, (own) => `  ${held(`held${own}`, variant.rows, (row) => `sum${row}_${own}`)}`)}
  for (var r = 0u; r < rows; r++) {
    // A query that sees no key gets zeros.
    let all = summed(totals[r % ROWS]);
    let divisor = select(1.0, all, all > 0.0);
    if (lane == 0u) { lse[stat + first + r] = select(0.0, tops[r % ROWS] + log2(all), all > 0.0); }
    let rowAt = rowBase + (first + r) * rowStride;
${storeOwned(variant, format)}
  }
}`,
  } as const satisfies KernelSpec;
});
