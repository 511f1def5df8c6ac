/** @file The work by which our kernels are held against the adapter's ceilings. */

import {
  add,
  AdamW,
  attention,
  cast,
  crossEntropy,
  type Device,
  embedding,
  gelu,
  layerNorm,
  matmul,
  rmsNorm,
  rotaryEmbedding,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  zeros,
} from "@candor/tensor-core";
import { lcg } from "../lcg.ts";
import { attentionShape, budgetedMatmuls, flopOf, mlpShape } from "../peers/benchCase.ts";

/** Work, what it must compute and what it must move at least. */
export interface KernelCase {
  readonly name: string;
  readonly flop: number;
  /** Every input read once, every result written once. */
  readonly bytes: number;
  /** Records the work; what it makes belongs to the caller's scope. */
  readonly run: () => void;
}

/**
 * Puts the inputs of all cases on the device, and gives those whose name holds a text; all without one.
 *
 * @throws Error that lists the names if none does
 */
export function kernelCases(device: Device, text = ""): KernelCase[] {
  if (text !== "") {
    // Drawing the inputs takes seconds, which a slip of the pen need not cost.
    using _scope = device.scope();
    selectCases(
      listCases(device, (shape) => zeros(device, shape)),
      text,
    );
  }
  const draw = lcg(1);
  const input: Input = (shape) =>
    tensor(
      device,
      draw(
        shape.reduce((product, dim) => product * dim, 1),
        1,
      ),
      shape,
    );
  return selectCases(listCases(device, input), text);
}

/** Those whose name holds the text. */
function selectCases(cases: readonly KernelCase[], text: string): KernelCase[] {
  const found = cases.filter(({ name }) => name.includes(text));
  if (found.length > 0) return found;
  const names = cases.map(({ name }) => `  ${name}`).join("\n");
  throw new Error(`--only must be a part of one of these names, got "${text}":\n${names}`);
}

function listCases(device: Device, input: Input): KernelCase[] {
  return [
    ...matmuls(input),
    ...attentions(input),
    ...halfMatmuls(input),
    ...attentions((shape) => cast(input(shape), "f16"), { width: 2, suffix: ", f16" }),
    ...rows(device, input),
    ...elementwise(input),
    adamW(input),
  ];
}

type Input = (shape: readonly number[]) => Tensor;

function matmuls(input: Input): KernelCase[] {
  return budgetedMatmuls.flatMap((work) => {
    const { m, k, n } = work;
    const [a, b, dy] = [input([m, k]), input([k, n]), input([m, n])];
    const bytes = 4 * (m * k + k * n + m * n);
    const shape = `${m}x${k}x${n}`;
    const all = [
      { name: `matmul ${shape}`, flop: flopOf(work), bytes, run: () => void matmul(a, b) },
      {
        name: `matmul ${shape}, gradient of b`,
        flop: flopOf(work),
        bytes,
        run: () => void matmul(a, dy, { transposeA: true }),
      },
    ];
    return m === 1576 ? all : all.slice(0, 1);
  });
}

/** Products of f16: half the bytes, and loads that widen them. */
function halfMatmuls(input: Input): KernelCase[] {
  const work = { kind: "matmul", m: 1576, k: 768, n: 768 } as const;
  const { m, k, n } = work;
  const [wide, b] = [input([m, k]), cast(input([k, n]), "f16")];
  const a = cast(wide, "f16");
  const shape = `${m}x${k}x${n}`;
  const flop = flopOf(work);
  const rest = 2 * k * n + 4 * m * n;
  return [
    { name: `matmul ${shape}, f16`, flop, bytes: 2 * m * k + rest, run: () => void matmul(a, b) },
    {
      name: `matmul ${shape}, weights of f16`,
      flop,
      bytes: 4 * m * k + rest,
      run: () => void matmul(wide, b),
    },
  ];
}

/** @param stored how wide an element is, and what names say of it */
function attentions(input: Input, stored = { width: 4, suffix: "" }): KernelCase[] {
  const { width, suffix } = stored;
  const { b, h, t, d } = attentionShape;
  const [q, k, v] = [input([b, t, h, d]), input([b, t, h, d]), input([b, t, h, d])];
  const parameters = new Map(Object.entries({ q, k, v }));
  const elements = b * t * h * d;
  const forward = { flop: 4 * b * h * t * t * d, bytes: width * 4 * elements };
  return [
    { name: `attention forward${suffix}`, ...forward, run: () => void attention(q, k, v) },
    {
      name: `attention forward, causal${suffix}`,
      flop: forward.flop / 2,
      bytes: forward.bytes,
      run: () => void attention(q, k, v, { mask: "causal" }),
    },
    {
      name: `attention forward + backward${suffix}`,
      flop: 3.5 * forward.flop,
      bytes: width * 12 * elements,
      run: () => void valueAndGrad(() => sum(attention(q, k, v)), parameters),
    },
    {
      name: `rotary embedding${suffix}`,
      flop: 0,
      bytes: width * 2 * elements,
      run: () => void rotaryEmbedding(q),
    },
  ];
}

function rows(device: Device, input: Input): KernelCase[] {
  const { n, d } = mlpShape;
  const [x, weight, bias] = [input([n, d]), input([d]), input([d])];
  const parameters = new Map(Object.entries({ x, weight, bias }));
  const vocabulary = 4096;
  const tokens = 512;
  const logits = input([tokens, vocabulary]);
  const ids = tensor(
    device,
    Array.from({ length: tokens }, (_, i) => (i * 37) % vocabulary),
    [tokens],
    "i32",
  );
  const weights = input([tokens]);
  const table = input([vocabulary, d]);
  const moved = 4 * n * d;
  return [
    { name: "softmax 1576x768", flop: 0, bytes: 2 * moved, run: () => void softmax(x) },
    { name: "layerNorm 1576x768", flop: 0, bytes: 2 * moved, run: () => void layerNorm(x, weight, bias) },
    {
      name: "layerNorm 1576x768, forward + backward",
      flop: 0,
      bytes: 6 * moved, // with the sum that makes a scalar of it
      run: () => void valueAndGrad(() => sum(layerNorm(x, weight, bias)), parameters),
    },
    { name: "rmsNorm 1576x768", flop: 0, bytes: 2 * moved, run: () => void rmsNorm(x, weight) },
    { name: "sum of 1576x768 over rows", flop: 0, bytes: moved, run: () => void sum(x, 0) },
    { name: "sum of 1576x768 over columns", flop: 0, bytes: moved, run: () => void sum(x, 1) },
    {
      name: `crossEntropy ${tokens}x${vocabulary}`,
      flop: 0,
      bytes: 4 * tokens * vocabulary,
      run: () => void crossEntropy(logits, ids, weights),
    },
    {
      name: `crossEntropy ${tokens}x${vocabulary}, forward + backward`,
      flop: 0,
      bytes: 4 * 3 * tokens * vocabulary,
      run: () => void valueAndGrad(() => crossEntropy(logits, ids, weights), new Map([["logits", logits]])),
    },
    {
      name: `embedding of ${tokens} tokens`,
      flop: 0,
      bytes: 4 * 2 * tokens * d,
      run: () => void embedding(table, ids),
    },
  ];
}

function elementwise(input: Input): KernelCase[] {
  const shape = [1576, 3072];
  const [a, b] = [input(shape), input(shape)];
  const moved = 4 * 1576 * 3072;
  return [
    { name: "add 1576x3072", flop: 0, bytes: 3 * moved, run: () => void add(a, b) },
    { name: "gelu 1576x3072", flop: 0, bytes: 2 * moved, run: () => void gelu(a) },
    { name: "transpose 1576x3072", flop: 0, bytes: 2 * moved, run: () => void transpose(a, [1, 0]) },
  ];
}

function adamW(input: Input): KernelCase {
  const size = 768 * 3072;
  const parameters = new Map([["w", input([768, 3072])]]);
  const gradients = new Map([["w", input([768, 3072])]]);
  const optimizer = new AdamW(parameters, { learningRate: 1e-3, maxGradNorm: 1 });
  return {
    name: "AdamW of 768x3072 with clipping",
    flop: 0,
    bytes: 4 * 8 * size, // norm: g; update: g, w, m, v in, w, m, v out
    run: () => void optimizer.step(gradients),
  };
}
