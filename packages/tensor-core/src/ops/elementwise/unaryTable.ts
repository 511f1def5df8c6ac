/** @file The calculus of one argument: a row an op. `x`, `y` and `dy` are vec4<f32>, `s` is a scalar. */

export interface UnaryRow {
  /** WGSL of y in x and s. */
  readonly forward: string;
  /** WGSL of dx in x, y, s and dy. */
  readonly gradient: string;
  /** y in f64, written from the formula. */
  readonly reference: (x: number, s: number) => number;
}

/**
 * NaN stays NaN: WGSL's min, max, clamp and exp may lose it, a choice between values does not. x == x is where there is a
 * number; adapters disagree on !=.
 */
const unlessNaN = (value: string) => `select(x, ${value}, x == x)`;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const geluTanh = "tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), vec4<f32>(-10.0), vec4<f32>(10.0)))";

/** To the nearest whole number, of two as near to the even one. */
function roundEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** By the series of Abramowitz and Stegun, 7.1.6: all terms have one sign. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

export const unaryTable = {
  neg: { forward: "-x", gradient: "-dy", reference: (x) => -x },
  scale: { forward: "x * s", gradient: "dy * s", reference: (x, s) => x * s },
  addScalar: { forward: "x + s", gradient: "dy", reference: (x, s) => x + s },
  exp: { forward: unlessNaN("exp(x)"), gradient: "dy * y", reference: Math.exp },
  log: { forward: "naturalLog(x)", gradient: "dy / x", reference: Math.log },
  sqrt: { forward: "sqrt(x)", gradient: "0.5 * dy / y", reference: Math.sqrt },
  rsqrt: { forward: "inverseSqrt(x)", gradient: "-0.5 * dy * y / x", reference: (x) => 1 / Math.sqrt(x) },
  reciprocal: { forward: "1.0 / x", gradient: "-dy * y * y", reference: (x) => 1 / x },
  abs: { forward: "abs(x)", gradient: "dy * sign(x)", reference: Math.abs },
  sign: { forward: "sign(x)", gradient: "vec4<f32>(0.0)", reference: Math.sign },
  floor: { forward: "floor(x)", gradient: "vec4<f32>(0.0)", reference: Math.floor },
  ceil: { forward: "ceil(x)", gradient: "vec4<f32>(0.0)", reference: Math.ceil },
  round: { forward: "round(x)", gradient: "vec4<f32>(0.0)", reference: roundEven },
  sin: { forward: "sin(x)", gradient: "dy * cos(x)", reference: Math.sin },
  cos: { forward: "cos(x)", gradient: "-dy * sin(x)", reference: Math.cos },
  // x^s of a negative x has a meaning for whole s alone; WGSL's pow takes none.
  pow: {
    forward: "signedPower(x, s)",
    // Constant where s is 0: 0 times the infinite slope of 1 / x at 0 would be NaN.
    gradient: "select(dy * s * signedPower(x, s - 1.0), vec4<f32>(0.0), s == 0.0)",
    reference: (x, s) => x ** s,
  },
  minScalar: {
    forward: "select(x, vec4<f32>(s), x >= vec4<f32>(s))",
    gradient: "select(vec4<f32>(0.0), dy, x <= vec4<f32>(s))",
    reference: Math.min,
  },
  maxScalar: {
    forward: "select(x, vec4<f32>(s), x <= vec4<f32>(s))",
    gradient: "select(vec4<f32>(0.0), dy, x >= vec4<f32>(s))",
    reference: Math.max,
  },
  leakyRelu: {
    forward: "select(s * x, x, x > vec4<f32>(0.0))",
    gradient: "select(s * dy, dy, x > vec4<f32>(0.0))",
    reference: (x, s) => (x > 0 ? x : s * x),
  },
  // log(1 + e^x), without overflow.
  softplus: {
    forward: unlessNaN("max(x, vec4<f32>(0.0)) + logOnePlus(exp(-abs(x)))"),
    gradient: unlessNaN("dy / (1.0 + exp(-x))"),
    reference: (x) => Math.log1p(Math.exp(x)),
  },
  erf: {
    forward: "errorFunction(x)",
    gradient: unlessNaN("dy * 1.1283791671 * exp(-x * x)"),
    reference: (x) => erf(x),
  },
  // The exact form: x Φ(x).
  geluErf: {
    forward: "0.5 * x * (1.0 + errorFunction(x * 0.7071067812))",
    gradient: "dy * (0.5 * (1.0 + errorFunction(x * 0.7071067812)) + 0.3989422804 * x * exp(-0.5 * x * x))",
    reference: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  },
  square: { forward: "x * x", gradient: "2.0 * x * dy", reference: (x) => x * x },
  relu: {
    forward: "select(x, vec4<f32>(0.0), x <= vec4<f32>(0.0))",
    gradient: "select(vec4<f32>(0.0), dy, x > vec4<f32>(0.0))",
    reference: (x) => Math.max(x, 0),
  },
  sigmoid: {
    forward: unlessNaN("1.0 / (1.0 + exp(-x))"),
    gradient: "dy * y * (1.0 - y)",
    reference: sigmoid,
  },
  tanh: {
    forward: unlessNaN("hyperbolicTangent(x)"),
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

/** WGSL functions that rows of the table share. */
export const unaryFunctions: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: "geluSlope",
    text: /* wgsl */ `
fn geluSlope(x: vec4<f32>, t: vec4<f32>) -> vec4<f32> {
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}
`,
  },
  {
    name: "siluSlope",
    text: /* wgsl */ `
fn siluSlope(x: vec4<f32>, s: vec4<f32>) -> vec4<f32> {
  return s * (1.0 + x * (1.0 - s));
}
`,
  },
  {
    name: "signedPower",
    text: /* wgsl */ `
fn signedPower(x: vec4<f32>, s: f32) -> vec4<f32> {
  if (s == 0.0) { return vec4<f32>(1.0); }
  // Adapters disagree on the powers of 0, and on those to NaN.
  let raised = select(pow(abs(x), vec4<f32>(abs(s))), vec4<f32>(0.0), x == vec4<f32>(0.0));
  let size = select(raised, 1.0 / raised, s < 0.0);
  // Not a constant: WGSL refuses a constant NaN. A half of an odd number is no whole number; of a number that is not whole, twice its half is neither.
  let odd = fract(abs(s) * 0.5) == 0.5;
  let whole = fract(s) == 0.0;
  let negative = select(vec4<f32>(bitcast<f32>(params.quads | 0x7fc00000u)), select(size, -size, odd), whole);
  return select(x * s, select(size, negative, x < vec4<f32>(0.0)), (x == x) & vec4<bool>(s == s));
}
`,
  },
  {
    name: "naturalLog",
    text: /* wgsl */ `
// Adapters disagree on the logarithms of 0, of negative numbers and of NaN. Not a constant: WGSL refuses a constant NaN.
fn naturalLog(x: vec4<f32>) -> vec4<f32> {
  let y = select(log(x), -1.0 / abs(x), x == vec4<f32>(0.0));
  return select(vec4<f32>(bitcast<f32>(params.quads | 0x7fc00000u)), y, x >= vec4<f32>(0.0));
}
`,
  },
  {
    name: "hyperbolicTangent",
    text: /* wgsl */ `
// Near 0 some adapters lose the digits of tanh: there by its series, whose next term is below 1e-8 of it.
fn hyperbolicTangent(x: vec4<f32>) -> vec4<f32> {
  let s = x * x;
  let near = x * (1.0 - s * (0.33333333 - s * (0.13333333 - s * (0.053968254 - s * 0.021869489))));
  return select(tanh(clamp(x, vec4<f32>(-10.0), vec4<f32>(10.0))), near, s < vec4<f32>(0.0625));
}
`,
  },
  {
    name: "logOnePlus",
    text: /* wgsl */ `
// Of a small u, 1 + u loses all digits: there by the series of atanh(u / (2 + u)), whose next term is below 2e-9.
fn logOnePlus(u: vec4<f32>) -> vec4<f32> {
  let z = u / (2.0 + u);
  let near = 2.0 * z * (1.0 + z * z * (1.0 / 3.0 + z * z * 0.2));
  return select(log(1.0 + u), near, u < vec4<f32>(0.1));
}
`,
  },
  {
    name: "errorFunction",
    text: /* wgsl */ `
// Abramowitz and Stegun, 7.1.26: off by at most 1.5e-7; near 0 by the first terms of the series.
fn errorFunction(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let far = sign(x) * (1.0 - p * exp(-x * x));
  let near = 1.1283791671 * x * (1.0 - x * x / 3.0 + x * x * x * x / 10.0);
  return select(far, near, abs(x) < vec4<f32>(0.05));
}
`,
  },
];
