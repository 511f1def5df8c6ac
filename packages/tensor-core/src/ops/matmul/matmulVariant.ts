/** @file What distinguishes the instances of the matmul kernel, and the ways to divide its work. */

/**
 * How a matmul kernel divides its work.
 *
 * - `broadcast`: a subgroup of `lanes` computes `rows` by 4 columns a lane; values of a are loaded once across the
 *   subgroup and broadcast.
 * - `register`: an invocation computes `rows` by 4 alone; needs no feature.
 * - `tile`: 16 x 16 invocations compute `rows` by 4 each from tiles of a and b in workgroup memory.
 * - `matrix`: four subgroups of `lanes` compute `rows` by 32 each from such tiles, by products of subgroup matrices.
 * - `element`: an invocation computes one element, of f32 operands that are stored in any way: one instance for all.
 */
export interface Tiling {
  readonly kind: "broadcast" | "register" | "tile" | "matrix" | "element";
  /** Rows of y that a lane or invocation holds: 1 for `element`; a subgroup, for `matrix`: 32. */
  readonly rows: 1 | 4 | 8 | 16 | 32;
  /** Subgroup size for `broadcast` and `matrix`, else 1. */
  readonly lanes: number;
  /** Steps along K that `broadcast` takes at once: half the code of the default, 4, with the same sums. */
  readonly step?: 2;
  /** The products that `matrix` is made of. */
  readonly unit?: MatrixUnit;
  /** f16 operands are read as such, by the feature `shader-f16`; by default as packed words. The bits are the same. */
  readonly nativeHalves?: boolean;
}

/** A product of subgroup matrices, [m, k] by [k, n], summed in f32. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly component: "f32" | "f16";
  /** Made without the extension, slowly, for tests on any adapter. */
  readonly emulated?: boolean;
}

/** What is done to the product before it is stored: y = activation(scale · a b + bias) · gate + residual. */
export interface Epilogue {
  readonly bias: boolean;
  readonly activation: Activation;
  /** Also stores what the activation is applied to, for the gradient. */
  readonly keepsInput: boolean;
  readonly gate: boolean;
  readonly residual: boolean;
  /** Uniforms say whether bias and residual are added: products with and without share an instance. */
  readonly optional?: boolean;
}

/** Functions that may be applied to a product. */
export type Activation = "none" | "gelu" | "silu";

export interface MatmulVariant {
  readonly tiling: Tiling;
  readonly epilogue: Epilogue;
  /** a is stored [K, M] instead of [M, K]. */
  readonly transposeA: boolean;
  /** b is stored [N, K] instead of [K, N]. */
  readonly transposeB: boolean;
  /** The last axis of a, b and y is a multiple of four, so that it can be read as vec4. */
  readonly quadsA: boolean;
  readonly quadsB: boolean;
  readonly quadsY: boolean;
  /** a or b is stored as f16, widened where it is read; its last axis is a multiple of four. */
  readonly halfA: boolean;
  readonly halfB: boolean;
  /** K is a multiple of four: no step along it reaches past its end. */
  readonly wholeDepth: boolean;
  /** Also gives the sums of a over K, [M]: a bias' gradient beside that of its weight. Only with transposeA. */
  readonly sums: boolean;
}

/** The epilogue that changes nothing. */
export const plainEpilogue: Epilogue = {
  bias: false,
  activation: "none",
  keepsInput: false,
  gate: false,
  residual: false,
};

/** Invocations of a workgroup. */
export function workgroupOf({ kind, lanes }: Tiling): number {
  return { broadcast: lanes, register: 64, element: 64, tile: 256, matrix: 4 * lanes }[kind];
}

/** Rows and columns of y that a unit of work computes: a subgroup, an invocation, or a workgroup. */
export function unitOf({ kind, rows, lanes }: Tiling): { readonly rows: number; readonly columns: number } {
  if (kind === "element") return { rows: 1, columns: 1 };
  if (kind === "matrix") return { rows: matrixSide, columns: matrixSide };
  return kind === "tile" ? { rows: 16 * rows, columns: 64 } : { rows, columns: 4 * lanes };
}

/** Rows and columns of y that the four subgroups of `matrix` compute. */
export const matrixSide = 64;

/** Steps along K that `matrix` holds in workgroup memory. */
export function matrixDepth({ component, k }: MatrixUnit): number {
  return Math.max(k, component === "f16" ? 32 : 16);
}

/** Workgroup memory of `matrix`: its tiles of a and b, and a row of small tiles of each subgroup's results. */
export function matrixBytes(unit: MatrixUnit): number {
  return 2 * matrixSide * matrixDepth(unit) * (unit.component === "f16" ? 2 : 4) + 4 * 32 * unit.m * 4;
}

/** Whether a tiling reads operands of such storage, and tiles of `matrix` hold them exactly. */
export function fitsOperands(
  { kind, unit }: Tiling,
  { halfA, halfB }: { halfA?: boolean; halfB?: boolean },
): boolean {
  if (kind === "element") return !halfA && !halfB;
  return unit?.component !== "f16" || (halfA === true && halfB === true);
}

/** Workgroups for a number of units. */
export function workgroupsFor(tiling: Tiling, units: number): number {
  const alone = tiling.kind === "register" || tiling.kind === "element";
  return alone ? Math.ceil(units / workgroupOf(tiling)) : units;
}

/** Steps along K at once, and which operands are therefore read by twos: those that lie along K. */
export function stepOf({ tiling, transposeA, transposeB }: MatmulVariant) {
  const step: 2 | 4 = tiling.step ?? 4;
  return { step, pairsA: step === 2 && !transposeA, pairsB: step === 2 && transposeB };
}

/** Whether the instance needs the feature `shader-f16`. */
export function readsNativeHalves({ tiling, halfA, halfB }: MatmulVariant): boolean {
  return tiling.nativeHalves === true && (halfA || halfB);
}

/** A tiling as a word: `broadcast8x16.by2` has 8 lanes and 16 rows, and takes two steps along K at once. */
export function tilingName({ kind, rows, lanes, step, nativeHalves, unit }: Tiling): string {
  if (unit) return `${kind}${unit.m}x${unit.n}x${unit.k}.${unit.component}`;
  if (kind === "element") return kind;
  const size = kind === "broadcast" ? `${lanes}x${rows}` : `${rows}`;
  return `${kind}${size}${step ? `.by${step}` : ""}${nativeHalves ? ".native" : ""}`;
}
