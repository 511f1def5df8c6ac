/** @file The calculus of one argument: a row an op. `x`, `y` and `dy` are vec4<f32>, `s` is a scalar. */

export interface UnaryRow {
  /** WGSL of y in x and s. */
  readonly forward: string;
  /** WGSL of dx in x, y, s and dy. */
  readonly gradient: string;
  /** y in f64, written from the formula. */
  readonly reference: (x: number, s: number) => number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const geluTanh = "tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), vec4<f32>(-10.0), vec4<f32>(10.0)))";

export const unaryTable = {
  neg: { forward: "-x", gradient: "-dy", reference: (x) => -x },
  scale: { forward: "x * s", gradient: "dy * s", reference: (x, s) => x * s },
  addScalar: { forward: "x + s", gradient: "dy", reference: (x, s) => x + s },
  exp: { forward: "exp(x)", gradient: "dy * y", reference: Math.exp },
  log: { forward: "log(x)", gradient: "dy / x", reference: Math.log },
  sqrt: { forward: "sqrt(x)", gradient: "0.5 * dy / y", reference: Math.sqrt },
  square: { forward: "x * x", gradient: "2.0 * x * dy", reference: (x) => x * x },
  relu: {
    forward: "max(x, vec4<f32>(0.0))",
    gradient: "select(vec4<f32>(0.0), dy, x > vec4<f32>(0.0))",
    reference: (x) => Math.max(x, 0),
  },
  sigmoid: { forward: "1.0 / (1.0 + exp(-x))", gradient: "dy * y * (1.0 - y)", reference: sigmoid },
  tanh: {
    forward: "tanh(clamp(x, vec4<f32>(-10.0), vec4<f32>(10.0)))",
    gradient: "dy * (1.0 - y * y)",
    reference: Math.tanh,
  },
  // Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2: the tanh approximation.
  gelu: {
    forward: `0.5 * x * (1.0 + ${geluTanh})`,
    gradient: `dy * geluSlope(x, ${geluTanh})`,
    reference: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  },
  // Also known as swish: x * sigmoid(x).
  silu: {
    forward: "x / (1.0 + exp(-x))",
    gradient: "dy * siluSlope(x, 1.0 / (1.0 + exp(-x)))",
    reference: (x) => x * sigmoid(x),
  },
} as const satisfies Record<string, UnaryRow>;

export type UnaryName = keyof typeof unaryTable;

/** WGSL functions that gradients in the table share. */
export const unaryFunctions = /* wgsl */ `
fn geluSlope(x: vec4<f32>, t: vec4<f32>) -> vec4<f32> {
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}
fn siluSlope(x: vec4<f32>, s: vec4<f32>) -> vec4<f32> {
  return s * (1.0 + x * (1.0 - s));
}
`;
