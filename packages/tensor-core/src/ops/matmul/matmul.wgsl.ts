/** @file Matrix products: one description, many instances. */

import { read, wgsl, write, type KernelSpec } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";

/** What distinguishes the instances of the matmul kernel. */
export interface MatmulVariant {
  /** a is stored [K, M] instead of [M, K]. */
  readonly transposeA: boolean;
  /** b is stored [N, K] instead of [K, N]. */
  readonly transposeB: boolean;
  /** The last axis of a, b and y is a multiple of four, so that it can be read as vec4. */
  readonly quadsA: boolean;
  readonly quadsB: boolean;
  readonly quadsY: boolean;
  readonly bias: boolean;
  /** Also gives the sums of a over K, [M]: a bias' gradient beside that of its weight. Only with transposeA. */
  readonly sums: boolean;
  /** Lanes that share the rows of a by subgroup broadcast; 1 where each invocation works alone. */
  readonly lanes: number;
}

/** Rows of y that a workgroup computes. */
export const rowsPerGroup = 8;
/** Columns of y that an invocation computes. */
export const columnsPerLane = 4;

/**
 * y = a b (+ bias), with an optional leading batch axis.
 *
 * With `lanes` > 1 a workgroup is one subgroup. It computes 8 rows by 4 columns a lane; each lane keeps all 8 rows of
 * its own columns. Per step of 4 along K, the 8x4 values of a are loaded once across the subgroup and broadcast row by
 * row, so a lane makes about 1 load of a and 4 of b for 32 multiply-adds of vec4. No workgroup memory, no barrier.
 * With `lanes` = 1 the same arithmetic runs in each invocation of a plain workgroup, which loads its rows itself.
 */
export function matmulKernel(variant: MatmulVariant) {
  const shared = variant.lanes > 1;
  return {
    label: "matmul",
    workgroup: shared ? variant.lanes : 64,
    buffers: {
      a: read(variant.quadsA ? "vec4<f32>" : "f32"),
      b: read(variant.quadsB ? "vec4<f32>" : "f32"),
      ...(variant.bias ? { bias: read() } : {}),
      y: write(variant.quadsY ? "vec4<f32>" : "f32"),
      ...(variant.sums ? { sums: write() } : {}),
    } as Record<"a" | "b" | "bias" | "y" | "sums", ReturnType<typeof read>>,
    uniforms: {
      rows: "u32",
      columns: "u32",
      depth: "u32",
      rowBlocks: "u32",
      columnBlocks: "u32",
      aBatchStride: "u32",
      bBatchStride: "u32",
      scale: "f32",
      units: "u32",
    },
    constants: {
      TRANSPOSE_A: variant.transposeA,
      TRANSPOSE_B: variant.transposeB,
      QUADS_A: variant.quadsA,
      QUADS_B: variant.quadsB,
      QUADS_Y: variant.quadsY,
      BIAS: variant.bias,
      SUMS: variant.sums,
      LANES: variant.lanes,
    },
    ...(shared ? { features: ["subgroups"] as const } : {}),
    body: wgsl`
${flatGroup}
${variant.quadsA ? loadQuad("a") : loadScalars("a")}
${variant.quadsB ? loadQuad("b") : loadScalars("b")}
${variant.transposeA ? aTransposed : aPlain}
${variant.transposeB ? bTransposed : bPlain}
${variant.quadsY ? storeQuad : storeScalars}
${variant.bias ? biasOf : noBias}
${variant.sums ? storeSums : ""}
${shared ? sharedRows(variant) : ownRows(variant)}`,
  } as const satisfies KernelSpec;
}

/** Elements i to i + 3 along the stored last axis; i is a multiple of four from the start of a row. */
const loadQuad = (name: string) => wgsl`
fn ${name}Four(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  return ${name}[(base + row * width + i) / 4u];
}`;

const loadScalars = (name: string) => wgsl`
fn ${name}Four(row: u32, i: u32, width: u32, base: u32) -> vec4<f32> {
  let at = base + row * width + i;
  var four = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
  if (i + 1u < width) { four.y = ${name}[at + 1u]; }
  if (i + 2u < width) { four.z = ${name}[at + 2u]; }
  if (i + 3u < width) { four.w = ${name}[at + 3u]; }
  return four;
}`;

// The 8x4 block of a at (row, k) is eight vec4. Plain: one row each, along k. Transposed: half a column each.
const aPlain = wgsl`
fn aBlock(piece: u32, row: u32, k: u32, base: u32) -> vec4<f32> {
  return aFour(min(row + piece, params.rows - 1u), k, params.depth, base);
}`;

const aTransposed = wgsl`
fn aBlock(piece: u32, row: u32, k: u32, base: u32) -> vec4<f32> {
  let at = k + piece / 2u;
  let i = row + (piece % 2u) * 4u;
  if (at >= params.depth || i >= params.rows) { return vec4<f32>(0.0); }
  return aFour(at, i, params.rows, base);
}`;

// The 4x4 block of b at (k, column) as four rows along n. Rows past the end repeat the last: a is zero there.
const bPlain = wgsl`
fn bBlock(k: u32, column: u32, base: u32) -> array<vec4<f32>, 4> {
  let last = params.depth - 1u;
  return array<vec4<f32>, 4>(
    bFour(k, column, params.columns, base),
    bFour(min(k + 1u, last), column, params.columns, base),
    bFour(min(k + 2u, last), column, params.columns, base),
    bFour(min(k + 3u, last), column, params.columns, base));
}`;

const bTransposed = wgsl`
fn bBlock(k: u32, column: u32, base: u32) -> array<vec4<f32>, 4> {
  let last = params.columns - 1u;
  let c0 = bFour(column, k, params.depth, base);
  let c1 = bFour(min(column + 1u, last), k, params.depth, base);
  let c2 = bFour(min(column + 2u, last), k, params.depth, base);
  let c3 = bFour(min(column + 3u, last), k, params.depth, base);
  return array<vec4<f32>, 4>(
    vec4<f32>(c0.x, c1.x, c2.x, c3.x), vec4<f32>(c0.y, c1.y, c2.y, c3.y),
    vec4<f32>(c0.z, c1.z, c2.z, c3.z), vec4<f32>(c0.w, c1.w, c2.w, c3.w));
}`;

const storeQuad = wgsl`
fn store(at: u32, column: u32, value: vec4<f32>) { y[at / 4u] = value; }`;

const storeScalars = wgsl`
fn store(at: u32, column: u32, value: vec4<f32>) {
  y[at] = value.x;
  if (column + 1u < params.columns) { y[at + 1u] = value.y; }
  if (column + 2u < params.columns) { y[at + 2u] = value.z; }
  if (column + 3u < params.columns) { y[at + 3u] = value.w; }
}`;

const biasOf = wgsl`
fn biasAt(column: u32) -> vec4<f32> {
  let last = params.columns - 1u;
  return vec4<f32>(bias[column], bias[min(column + 1u, last)], bias[min(column + 2u, last)], bias[min(column + 3u, last)]);
}`;

const noBias = wgsl`
fn biasAt(column: u32) -> vec4<f32> { return vec4<f32>(0.0); }`;

const storeSums = wgsl`
fn storeSums(row: u32, low: vec4<f32>, high: vec4<f32>) {
  for (var i = 0u; i < min(8u, params.rows - row); i++) {
    sums[row + i] = select(high[i % 4u], low[i % 4u], i < 4u);
  }
}`;

const rowNumbers = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Four multiply-adds for each row; `value(row, k)` is the WGSL of a's element. */
function accumulate(value: (row: number, k: number) => string): string {
  return rowNumbers
    .map((row) => [0, 1, 2, 3].map((k) => `    acc${row} += ${value(row, k)} * rows[${k}];`).join("\n"))
    .join("\n");
}

const component = (i: number) => "xyzw"[i] as string;

/** Where element (row, k) of the 8x4 block stands: piece and component. */
function place(transposeA: boolean, row: number, k: number): { piece: number; part: string } {
  return transposeA
    ? { piece: 2 * k + Math.floor(row / 4), part: component(row % 4) }
    : { piece: row, part: component(k) };
}

const declareProducts = rowNumbers.map((row) => `  var acc${row} = vec4<f32>(0.0);`).join("\n");
const declareSums = (held: readonly number[]) =>
  held.map((i) => `  var sum${i} = vec4<f32>(0.0);`).join("\n");
const addSums = (held: readonly number[]) => held.map((i) => `    sum${i} += block${i};`).join("\n");
const storeRows = rowNumbers
  .map(
    (row) => `  if (row + ${row}u < params.rows) {
    store(out + ${row}u * params.columns, column, acc${row} * params.scale + offset);
  }`,
  )
  .join("\n");

/** Decodes the block that a unit of work (a subgroup, or an invocation) computes. */
const decode = wgsl`
  let rowBlock = unit % params.rowBlocks;
  let rest = unit / params.rowBlocks;
  let batch = rest / params.columnBlocks;
  let row = rowBlock * 8u;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;`;

/** Adds up the sums of the eight pieces and stores them: rows 0 to 3 are in the even ones, 4 to 7 in the odd ones. */
function finishSums(piece: (i: number) => string, firstLane: string): string {
  const half = (odd: 0 | 1) =>
    `(${piece(odd)} + ${piece(2 + odd)}) + (${piece(4 + odd)} + ${piece(6 + odd)})`;
  return `
  let low = ${half(0)};
  let high = ${half(1)};
  if (${firstLane}) { storeSums(row, low, high); }`;
}

function sharedRows({ lanes, transposeA, sums }: MatmulVariant): string {
  const pieces = Math.max(1, rowsPerGroup / lanes);
  const held = Array.from({ length: pieces }, (_, i) => i);
  const loads = Array.from({ length: pieces }, (_, i) => {
    const piece = i === 0 ? `lane % ${rowsPerGroup}u` : `lane + ${i * lanes}u`;
    return `    let block${i} = aBlock(${piece}, row, k, aBase);`;
  }).join("\n");
  const value = (row: number, k: number) => {
    const { piece, part } = place(transposeA, row, k);
    return `subgroupBroadcast(block${Math.floor(piece / lanes)}.${part}, ${piece % lanes}u)`;
  };
  const finish = finishSums(
    (piece) => `subgroupBroadcast(sum${Math.floor(piece / lanes)}, ${piece % lanes}u)`,
    "column == 0u && batch == 0u",
  );
  return wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(subgroup_invocation_id) lane: u32) {
  let unit = flatGroup(wid, nwg);
  if (unit >= params.units) { return; }
${decode}
  let column = (rest % params.columnBlocks) * LANES * 4u + lane * 4u;
  // Lanes past the last column compute with it, so that the subgroup stays whole.
  let readColumn = min(column, ((params.columns - 1u) / 4u) * 4u);
${declareProducts}
${sums ? declareSums(held) : ""}
  for (var k = 0u; k < params.depth; k += 4u) {
${loads}
${sums ? addSums(held) : ""}
    let rows = bBlock(k, readColumn, bBase);
${accumulate(value)}
  }
${sums ? finish : ""}
  if (column >= params.columns) { return; }
  let offset = biasAt(column);
  let out = (batch * params.rows + row) * params.columns + column;
${storeRows}
}`;
}

function ownRows({ transposeA, sums }: MatmulVariant): string {
  const loads = rowNumbers.map((i) => `    let block${i} = aBlock(${i}u, row, k, aBase);`).join("\n");
  const value = (row: number, k: number) => {
    const { piece, part } = place(transposeA, row, k);
    return `block${piece}.${part}`;
  };
  return wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let unit = flatGroup(wid, nwg) * WG + lane;
  if (unit >= params.units) { return; }
${decode}
  let column = (rest % params.columnBlocks) * 4u;
${declareProducts}
${sums ? declareSums(rowNumbers) : ""}
  for (var k = 0u; k < params.depth; k += 4u) {
${loads}
${sums ? addSums(rowNumbers) : ""}
    let rows = bBlock(k, column, bBase);
${accumulate(value)}
  }
${sums ? finishSums((piece) => `sum${piece}`, "column == 0u && batch == 0u") : ""}
  let offset = biasAt(column);
  let out = (batch * params.rows + row) * params.columns + column;
${storeRows}
}`;
}
