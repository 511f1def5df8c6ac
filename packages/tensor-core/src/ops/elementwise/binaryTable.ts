/** @file The calculus of two arguments: a row an op. `a`, `b` and `dy` are vec4<f32>. */

export interface BinaryRow {
  readonly forward: string;
  /** WGSL of the gradient of each side in a, b and dy. */
  readonly da: string;
  readonly db: string;
  /** WGSL of the result where a and b are vec4<i32> or vec4<u32>; absent where whole numbers have none. */
  readonly whole?: string;
  /** The result in f64, written from the formula. */
  readonly reference: (a: number, b: number) => number;
}

export const binaryTable = {
  add: { forward: "a + b", da: "dy", db: "dy", whole: "a + b", reference: (a, b) => a + b },
  sub: { forward: "a - b", da: "dy", db: "-dy", whole: "a - b", reference: (a, b) => a - b },
  mul: { forward: "a * b", da: "dy * b", db: "dy * a", whole: "a * b", reference: (a, b) => a * b },
  // b * b would leave the range of f32 where the slope does not.
  div: { forward: "a / b", da: "dy / b", db: "-dy * (a / b) / b", reference: (a, b) => a / b },
  // Equal elements share the gradient. NaN stays, on either side: WGSL's max and min may drop it. Slopes are chosen, not
  // multiplied: that of the side that is not taken is 0 where dy is infinite too.
  maximum: {
    forward: "select(b, a, (a > b) | !(a == a))",
    da: "select(select(dy, 0.5 * dy, a == b), vec4<f32>(0.0), a < b)",
    db: "select(select(dy, 0.5 * dy, a == b), vec4<f32>(0.0), b < a)",
    whole: "max(a, b)",
    reference: Math.max,
  },
  minimum: {
    forward: "select(b, a, (a < b) | !(a == a))",
    da: "select(select(dy, 0.5 * dy, a == b), vec4<f32>(0.0), a > b)",
    db: "select(select(dy, 0.5 * dy, a == b), vec4<f32>(0.0), b > a)",
    whole: "min(a, b)",
    reference: Math.min,
  },
} as const satisfies Record<string, BinaryRow>;

export type BinaryName = keyof typeof binaryTable;
