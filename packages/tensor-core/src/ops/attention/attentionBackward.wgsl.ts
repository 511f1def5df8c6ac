/**
 * @file The gradient of attention where a subgroup shares rows.
 *
 * A pass covers some of the queries. One kernel computes their weights p and slopes ds once and stores them; three
 * weighings make dq, dk and dv of these. So a score costs five products in all (Dao et al. 2022, arXiv:2205.14135,
 * algorithm 4 needs the same five), every sum has a fixed order, and what is stored does not grow with T.
 */

import { read, wgsl, write, type KernelSpec, type UniformNumbers } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { quadFormat } from "../../kernel/wgsl/quadFormat.ts";
import { byVariant } from "../../kernel/wgsl/rowReduce.ts";
import { visibleKeys, visibleQuads } from "./attentionMask.wgsl.ts";
import {
  count,
  held,
  main,
  ofQueries,
  parts,
  place,
  placeColumns,
  quad,
  scores,
  shared,
  sharedProductFlop,
  sharedUniforms,
} from "./attentionShared.wgsl.ts";
import type { Stored } from "./storedAs.ts";

/** Queries of a workgroup in the kernel for the weights. */
export const weightRows = 16;

/** Rows of a workgroup in a weighing. */
export const weighedRows = 16;

/** The queries of a pass, `begin` to `until`, and where their weights lie. */
const passUniforms = {
  ...sharedUniforms,
  begin: "u32",
  until: "u32",
  blocks: "u32",
  keyQuads: "u32",
  slopes: "u32",
} as const;

const weighUniforms = { ...passUniforms, offset: "u32" } as const;

/**
 * p = 2^(s - lse) and, from `slopes` on, ds = p (dy·v - delta), for the queries of a pass: [B, H, blocks of 8, S] with S
 * filled up to whole blocks of columns. Blocks that no row sees stay unwritten.
 */
export const attentionWeightsShared = byVariant(({ lanes, dtype }: { lanes: number } & Stored) => {
  const variant = { rows: weightRows, owned: 1, lanes, fold: 1, dtype };
  const { element, functions, suffix } = quadFormat(dtype);
  return {
    label: `attention.backward.weights.shared${suffix}`,
    writesPart: true,
    ...shared(variant),
    uniforms: passUniforms,
    flop: ({ units, begin, until, unitRows, keys, quads }: UniformNumbers<typeof passUniforms>) =>
      2 * sharedProductFlop({ units, queries: until - begin, unitRows, keys, quads }),
    buffers: {
      q: read(element),
      k: read(element),
      v: read(element),
      dy: read(element),
      stats: read("vec2<f32>"),
      weights: write(quad),
      visible: read("vec4<u32>"),
    },
    body: wgsl`
${flatGroup}
${visibleKeys}${visibleQuads}${functions}
${main}
${ofQueries("params.blocks", "params.begin + ")}
${place(variant)}
${count(Math.max(1, weightRows / lanes), (i) => `  let mineStats${i} = stats[stat + mineRow${i}];`)}
  let weightsAt = ((batch * params.heads + head) * blocks + unit % blocks) * ROWS * params.keyQuads + lane;
  for (var block = 0u; block < end; block += LANES * 4u) {
${placeColumns}
    let seen = isVisible(batch, block / 4u + lane);
${scores("s", "q", "k", variant)}
${scores("t", "dy", "v", variant)}
    ${held("products", weightRows, (row) => `s${row}`)}
    ${held("slopes", weightRows, (row) => `t${row}`)}
    for (var r = 0u; r < rows; r++) {
      let row = r % ROWS;
      let rowStats = subgroupShuffle(${statsOf(lanes)}, row % LANES);
      let end = min(keysOf(first + row), endKey);
      let p = select(vec4<f32>(0.0), exp2(products[row] * unitScale - rowStats.x), (columns < vec4<u32>(end)) & seen);
      let at = block / 4u + weightsAt + row * params.keyQuads;
      weights[at] = p;
      weights[at + params.slopes] = p * (slopes[row] - rowStats.y);
    }
  }
}`,
  } as const satisfies KernelSpec;
});

/** The statistics that a lane loaded in the turn in which `row` was. */
const statsOf = (lanes: number) =>
  Array.from({ length: Math.max(1, weightRows / lanes) }, (_, turn) => turn).reduce(
    (before, turn) =>
      turn === 0 ? "mineStats0" : `select(${before}, mineStats${turn}, row >= ${turn * lanes}u)`,
    "",
  );

/** What distinguishes the weighings. */
export interface WeighVariant extends Stored {
  /** Which side the rows of the result belong to: queries (dq) or keys (dk, dv). */
  readonly rows: "queries" | "keys";
  readonly lanes: number;
  readonly fold: number;
  /** The result is f32 also where x is f16: a part of a sum over several passes, which is rounded once. */
  readonly partial?: boolean;
}

/**
 * How a step takes the weights of 16 rows and four columns a turn, and broadcasts them. A lane owns one quad of D; where
 * D is short, `fold` groups of lanes take turns with the columns.
 */
interface Arrangement {
  /** Quads that a lane loads in a step. */
  readonly loads: number;
  /** WGSL of the weight of a row and of column k of the lane's turn. */
  readonly weight: (row: number, k: number) => string;
}

/** Weights lie along the keys: a lane loads four of them of one row. */
function alongKeys({ lanes, fold }: WeighVariant): Arrangement & { readonly rowsPerLoad: number } {
  const rowsPerLoad = Math.min(weighedRows, lanes / fold);
  const weight = (row: number, k: number) =>
    fromLane(`w${Math.floor(row / rowsPerLoad)}.${parts[k]}`, row % rowsPerLoad, rowsPerLoad, fold);
  return { loads: weighedRows / rowsPerLoad, weight, rowsPerLoad };
}

/** Rows lie along the keys: a lane loads those of four rows for one query. */
function acrossKeys({ lanes, fold }: WeighVariant): Arrangement & { readonly queriesPerLoad: number } {
  const queriesPerLoad = Math.min(4, lanes / (4 * fold));
  const weight = (row: number, k: number) =>
    fromLane(
      `w${Math.floor(k / queriesPerLoad)}.${parts[row % 4]}`,
      (k % queriesPerLoad) * 4 + Math.floor(row / 4),
      queriesPerLoad * 4,
      fold,
    );
  return { loads: 4 / queriesPerLoad, weight, queriesPerLoad };
}

const fromLane = (value: string, lane: number, stride: number, fold: number) =>
  fold > 1
    ? `subgroupShuffle(${value}, turn * ${stride}u + ${lane}u)`
    : `subgroupBroadcast(${value}, ${lane}u)`;

/** y = scale Σ w x: dq from ds and k over the keys; dk from ds and q, dv from p and dy over the queries of the pass. */
export const attentionWeighShared = byVariant((variant: WeighVariant) => {
  const { rows, lanes, fold, dtype, partial = false } = variant;
  const format = quadFormat(dtype);
  const result = quadFormat(partial ? "f32" : dtype);
  const geometry = { rows: weighedRows, owned: 1, lanes, fold };
  const joins = Array.from({ length: Math.log2(fold) }, (_, i) => lanes / 2 ** (i + 1));
  const each = (line: (row: number) => string) => count(weighedRows, line);
  const { weight } = rows === "queries" ? alongKeys(variant) : acrossKeys(variant);
  return {
    label: `attention.backward.${rows === "queries" ? "query" : "key"}.shared${format.suffix}${partial ? ".partial" : ""}`,
    ...shared(geometry),
    uniforms: weighUniforms,
    flop: ({ units, begin, until, unitRows, keys, quads, group }: UniformNumbers<typeof weighUniforms>) => {
      const pieces = Math.ceil(quads / (lanes / fold));
      const queries = until - begin;
      return rows === "queries"
        ? sharedProductFlop({ units: units / pieces, queries, unitRows, keys, quads })
        : sharedProductFlop({
            units: (units / pieces) * group,
            queries: keys,
            unitRows,
            keys: queries,
            quads,
          });
    },
    buffers: {
      x: read(format.element),
      weights: read(quad),
      y: write(result.element),
      visible: read("vec4<u32>"),
    },
    body: wgsl`
${flatGroup}
${visibleKeys}${format.functions}
${main}
  let width = LANES / FOLD;
  let pieces = (params.quads + width - 1u) / width;
  let rest = unit / pieces;
  let turn = lane / width;
  let ownQuad = unit % pieces * width + lane % width;
  let readQuad = min(ownQuad, params.quads - 1u);
  let weightRow = params.blocks * ${weightRows}u;
${each((row) => `  var sum${row} = vec4<f32>(0.0);`)}
${rows === "queries" ? overKeys(variant, each, weight) : overQueries(variant, each, weight)}
${each((row) => joins.map((step) => `  sum${row} += subgroupShuffleXor(sum${row}, ${step}u);`).join("\n"))}
  if (lane >= width || ownQuad >= params.quads) { return; }
  ${held("sums", weighedRows, (row) => `sum${row}`)}
  let unitRows = min(params.unitRows, count - first);
  for (var r = 0u; r < unitRows; r++) { y[yAt + r * yStride] = ${result.store("sums[r % ROWS] * params.scale")}; }
}`,
  } as const satisfies KernelSpec;
});

type Each = (line: (row: number) => string) => string;

const accumulate = (each: Each, weight: Arrangement["weight"]) =>
  each((row) => `    sum${row} += ${[0, 1, 2, 3].map((k) => `${weight(row, k)} * x${k}`).join(" + ")};`);

// A row's weights are written up to the last block of columns that it sees.
const overKeys = (variant: WeighVariant, each: Each, weight: Arrangement["weight"]) => {
  const { loads, rowsPerLoad } = alongKeys(variant);
  const { load } = quadFormat(variant.dtype);
  return wgsl`
  let count = params.until;
  let blocks = (count - params.begin + ROWS - 1u) / ROWS;
  let first = params.begin + rest % blocks * ROWS;
  let head = (rest / blocks) % params.heads;
  let batch = rest / blocks / params.heads;
  let endKey = endOfKeys(batch);
  let end = min(keysOf(min(first + ROWS, count) - 1u), endKey);
  let weightTurn = (lane / ${rowsPerLoad}u) % FOLD;
  let weightsAt = (batch * params.heads + head) * weightRow * params.keyQuads + params.offset + weightTurn;
${count(
  loads,
  (n) => `  let row${n} = min(first + ${n * rowsPerLoad}u + lane % ${rowsPerLoad}u, count - 1u);
  let end${n} = min(keysOf(row${n}), endKey);
  let row${n}At = weightsAt + (row${n} - params.begin) * params.keyQuads;`,
)}
  let stride = params.keyHeads * params.quads;
  let xAt = batch * params.keys * stride + head / params.group * params.quads + readQuad;
  for (var j = 0u; j < end; j += 4u * FOLD) {
${count(
  loads,
  (n) =>
    `    let w${n} = select(vec4<f32>(0.0), weights[row${n}At + j / 4u], j + weightTurn * 4u < end${n});`,
)}
${count(4, (k) => `    let x${k} = ${load(`x[xAt + min(j + turn * 4u + ${k}u, params.keys - 1u) * stride]`)};`)}
${accumulate(each, weight)}
  }
  let yStride = params.heads * params.quads;
  let yAt = (batch * params.tokens + first) * yStride + head * params.quads + ownQuad;`;
};

const overQueries = (variant: WeighVariant, each: Each, weight: Arrangement["weight"]) => {
  const { loads, queriesPerLoad } = acrossKeys(variant);
  const { load } = quadFormat(variant.dtype);
  return wgsl`
  let count = params.keys;
  let blocks = (count + ROWS - 1u) / ROWS;
  let first = rest % blocks * ROWS;
  let keyHead = (rest / blocks) % params.keyHeads;
  let batch = rest / blocks / params.keyHeads;
  let end = select(0u, params.until, first < endOfKeys(batch));
  let weightTurn = (lane / ${queriesPerLoad * 4}u) % FOLD;
  let weightQuery = weightTurn * 4u + (lane / 4u) % ${queriesPerLoad}u;
  let stride = params.heads * params.quads;
  for (var head = keyHead * params.group; head < (keyHead + 1u) * params.group; head++) {
    let weightsAt = (batch * params.heads + head) * weightRow * params.keyQuads + params.offset + first / 4u + lane % 4u;
    let xAt = batch * params.tokens * stride + head * params.quads + readQuad;
    for (var i = max(firstQueryOf(first), params.begin); i < end; i += 4u * FOLD) {
${count(
  loads,
  (n) => `    let query${n} = i + weightQuery + ${n * queriesPerLoad}u;
    let w${n} = select(vec4<f32>(0.0), weights[weightsAt + (min(query${n}, end - 1u) - params.begin) * params.keyQuads], query${n} < end);`,
)}
${count(4, (k) => `    let x${k} = ${load(`x[xAt + min(i + turn * 4u + ${k}u, end - 1u) * stride]`)};`)}
${accumulate(each, weight)}
    }
  }
  let yStride = params.keyHeads * params.quads;
  let yAt = (batch * count + first) * yStride + keyHead * params.quads + ownQuad;`;
};
