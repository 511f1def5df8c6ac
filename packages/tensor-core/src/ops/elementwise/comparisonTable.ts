/** @file Comparisons: a row an op. */

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
} as const satisfies Record<string, ComparisonRow>;

export type ComparisonName = keyof typeof comparisonTable;
