/** @file Matmul by lanes that hold their block of y in registers: sharing a by subgroup broadcast, or each alone. */

import { wgsl } from "../../kernel/kernelSpec.ts";
import { storeRows } from "./matmulEpilogue.wgsl.ts";
import { type MatmulVariant, stepOf } from "./matmulVariant.ts";

/**
 * A unit computes `rows` by 4 columns a lane. Per step of four along K, the `rows` x 4 values of a are as many vec4,
 * its pieces: each a row along K, or, with `transposeA`, four rows at one k. With `lanes` > 1 the subgroup loads each
 * piece once and broadcasts its values; a lane so makes rows / lanes loads of a and 4 of b for 4 · rows multiply-adds
 * of vec4. With `lanes` = 1 an invocation loads all pieces itself. No workgroup memory, no barrier. In a step of two a
 * row's piece is a vec2.
 */
export function lanesBody(variant: MatmulVariant): string {
  const { tiling, transposeB, sums } = variant;
  const { rows, lanes } = tiling;
  const { step } = stepOf(variant);
  const shared = tiling.kind === "broadcast";
  const rowNumbers = numbers(rows);
  const loaded = numbers(Math.max(1, piecesOf(variant) / lanes));
  const value = (row: number, k: number) => {
    const { piece, part } = place(variant, row, k);
    return shared ? broadcast("block", piece, lanes, part) : `block${piece}${part}`;
  };
  return wgsl`
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(${shared ? "subgroup_invocation_id" : "local_invocation_index"}) lane: u32) {
  let unit = flatGroup(wid, nwg)${shared ? "" : " * WG + lane"};
  if (unit >= params.units) { return; }
  let rest = unit / params.rowBlocks;
  let row = (unit % params.rowBlocks) * ROWS;
  let column = ((rest % params.columnBlocks) * LANES${shared ? " + lane" : ""}) * 4u;
  let plane = rest / params.columnBlocks;
  let batch = plane % params.batches;
  let split = plane / params.batches;
  let aBase = batch * params.aBatchStride;
  let bBase = batch * params.bBatchStride;
  let end = min(params.depth, (split + 1u) * params.splitDepth);
  // Lanes past the last column compute with it, so that the subgroup stays whole.
  let readColumn = min(column, ((params.columns - 1u) / 4u) * 4u);
${rowNumbers.map((r) => `  var acc${r} = vec4<f32>(0.0);`).join("\n")}
${sums ? loaded.map((i) => `  var sum${i} = vec4<f32>(0.0);`).join("\n") : ""}
  for (var k = split * params.splitDepth; k < end; k += ${step}u) {
${loaded.map((i) => `    let block${i} = ${loadPiece(variant, i)};`).join("\n")}
${sums ? loaded.map((i) => `    sum${i} += block${i};`).join("\n") : ""}
${transposeB ? bTransposed(step) : bPlain(step)}
${rowNumbers
  .map((r) =>
    numbers(step)
      .map((k) => `    acc${r} += ${value(r, k)} * b${k};`)
      .join("\n"),
  )
  .join("\n")}
  }
${sums ? finishSums(variant) : ""}
${storeRows(variant)}
}`;
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

// The block of b at (k, column), four columns of each k, as rows along the columns.
const bPlain = (step: number) =>
  numbers(step)
    .map((k) => `    let b${k} = bAlongColumns(k + ${k}u, readColumn, bBase);`)
    .join("\n");

const bTransposed = (step: number) =>
  [
    ...[0, 1, 2, 3].map((j) => `    let c${j} = bAlongDepth(readColumn + ${j}u, k, bBase);`),
    ...numbers(step).map(
      (k) => `    let b${k} = vec4<f32>(c0${part(k)}, c1${part(k)}, c2${part(k)}, c3${part(k)});`,
    ),
  ].join("\n");

const part = (i: number) => `.${"xyzw"[i] as string}`;

/** Pieces of a that a step takes. */
const piecesOf = (variant: MatmulVariant) =>
  variant.transposeA ? (stepOf(variant).step * variant.tiling.rows) / 4 : variant.tiling.rows;

/** Where element (row, k) of the block of a stands: piece and component. */
function place({ transposeA, tiling }: MatmulVariant, row: number, k: number) {
  return transposeA
    ? { piece: k * (tiling.rows / 4) + Math.floor(row / 4), part: part(row % 4) }
    : { piece: row, part: part(k) };
}

const broadcast = (name: string, piece: number, lanes: number, part = "") =>
  `subgroupBroadcast(${name}${Math.floor(piece / lanes)}${part}, ${piece % lanes}u)`;

function loadPiece(variant: MatmulVariant, i: number): string {
  const { tiling, transposeA } = variant;
  const { kind, rows, lanes } = tiling;
  const pieces = piecesOf(variant);
  const lane = pieces < lanes ? `lane % ${pieces === rows ? "ROWS" : `${pieces}u`}` : `lane + ${i * lanes}u`;
  const piece = kind === "broadcast" ? lane : `${i}u`;
  const quads = rows / 4;
  return transposeA
    ? `aAlongRows(k + (${piece}) / ${quads}u, row + ((${piece}) % ${quads}u) * 4u, aBase)`
    : `aAlongDepth(row + ${piece}, k, aBase)`;
}

/** Adds the sums of the pieces of each four rows, which stand at as many k as a step takes, and stores them. */
function finishSums(variant: MatmulVariant): string {
  const { kind, rows, lanes } = variant.tiling;
  const quads = rows / 4;
  const sumOf = (piece: number) => (kind === "broadcast" ? broadcast("sum", piece, lanes) : `sum${piece}`);
  const lines = numbers(quads).map((q) => {
    const found = numbers(stepOf(variant).step).map((k) => sumOf(k * quads + q));
    const total =
      found.length === 2 ? found.join(" + ") : `(${found[0]} + ${found[1]}) + (${found[2]} + ${found[3]})`;
    const stores = [0, 1, 2, 3]
      .map((i) => `storeSum(split, row + ${q * 4 + i}u, total${q}[${i}]);`)
      .join(" ");
    return `  let total${q} = ${total};
  if (column == 0u && batch == 0u) { ${stores} }`;
  });
  return lines.join("\n");
}
