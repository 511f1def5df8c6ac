/** @file Comparisons, and what is true of two truths: a row an op. */

export interface ComparisonRow {
  /** WGSL of vec4<f32> in a and b. */
  readonly forward: string;
  readonly reference: (a: number, b: number) => boolean;
}

export const comparisonTable = {
  equal: { forward: "select(zero, one, a == b)", reference: (a, b) => a === b },
  // NaN differs from all; adapters disagree on !=.
  notEqual: { forward: "select(one, zero, a == b)", reference: (a, b) => a !== b },
  less: { forward: "select(zero, one, a < b)", reference: (a, b) => a < b },
  lessEqual: { forward: "select(zero, one, a <= b)", reference: (a, b) => a <= b },
  greater: { forward: "select(zero, one, a > b)", reference: (a, b) => a > b },
  greaterEqual: { forward: "select(zero, one, a >= b)", reference: (a, b) => a >= b },
  // What is not 0 is true, NaN too; an abstract 0 is of the dtype of the other side.
  logicalAnd: {
    forward: "select(one, zero, (a == vec4(0)) | (b == vec4(0)))",
    reference: (a, b) => a !== 0 && b !== 0,
  },
  logicalOr: {
    forward: "select(one, zero, (a == vec4(0)) & (b == vec4(0)))",
    reference: (a, b) => a !== 0 || b !== 0,
  },
} as const satisfies Record<string, ComparisonRow>;

export type ComparisonName = keyof typeof comparisonTable;
