/** @file matmul against sums in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Array64, assertClose, largest, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { add } from "../elementwise/binary.ts";
import { unaryTable } from "../elementwise/unaryTable.ts";
import { square } from "../elementwise/unary.ts";
import { cast } from "../layout/cast.ts";
import { sum } from "../reduce/sum.ts";
import { matmul } from "./matmul.ts";
import { tilingName } from "./matmulVariant.ts";
import { oneOfEachKind } from "./oneOfEachKind.ts";
import { tilingsFor, withSplits, withTiling } from "./tilings.ts";

interface Case {
  readonly batch: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias: boolean;
}

// Few combinations of layout and alignment, since each compiles kernels of its own.
const ragged = fc.constantFrom(1, 3, 5, 7, 9, 15, 17, 31, 33, 63, 65);
const aligned = fc.constantFrom(12, 16, 32, 36, 64, 68);
const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.constantFrom<number[][]>([], [1], [3], [2, 2]),
    sizes: fc.oneof(fc.tuple(ragged, ragged, ragged), fc.tuple(aligned, aligned, aligned)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .map(({ sizes: [m, n, k], ...rest }) => ({
    ...rest,
    m,
    n,
    k,
    bias: rest.transposeB && !rest.transposeA,
  }));

const at = (t: Array64 | undefined, i: number) => t?.data[i] ?? 0;

function reference({ a, b, bias }: Record<string, Array64>, c: Case): Array64 {
  const y = zeros64([...c.batch, c.m, c.n]);
  const batches = c.batch.reduce((x, n) => x * n, 1);
  for (let p = 0; p < batches; p++) {
    for (let i = 0; i < c.m; i++) {
      for (let j = 0; j < c.n; j++) {
        let total = at(bias, j);
        for (let l = 0; l < c.k; l++) {
          const aIndex = c.transposeA ? l * c.m + i : i * c.k + l;
          const bIndex = c.transposeB ? j * c.k + l : l * c.n + j;
          total += at(a, p * c.m * c.k + aIndex) * at(b, p * c.k * c.n + bIndex);
        }
        y.data[(p * c.m + i) * c.n + j] = total;
      }
    }
  }
  return y;
}

const product = {
  shapes: (c: Case) => ({
    a: [...c.batch, ...(c.transposeA ? [c.k, c.m] : [c.m, c.k])],
    b: [...c.batch, ...(c.transposeB ? [c.n, c.k] : [c.k, c.n])],
    ...(c.bias ? { bias: [c.n] } : {}),
  }),
  op: ({ a, b, bias }: Record<string, Tensor>, { transposeA, transposeB }: Case) =>
    matmul(a!, b!, { transposeA, transposeB, bias }),
  reference,
  opClass: "product",
  depth: ({ k }: Case) => k,
  gradientDepth: ({ m, n, k, batch }: Case) => Math.max(n, k, m * (batch[0] ?? 1) * (batch[1] ?? 1)),
} as const;

for (const without of [[], ["subgroups"]]) {
  describeOp<Case>(without.length > 0 ? "matmul without subgroups" : "matmul", {
    ...product,
    cases,
    without,
    runs: 12,
  });
}

describe("every tiling", async () => {
  const device = await testDevice();
  for (const tiling of tilingsFor(device.info)) {
    describeOp<Case>(tilingName(tiling), {
      ...product,
      cases: [
        { m: 68, n: 132, k: 36, batch: [2], transposeA: false, transposeB: true, bias: false },
        { m: 36, n: 68, k: 20, batch: [], transposeA: true, transposeB: false, bias: false },
        { m: 33, n: 67, k: 17, batch: [], transposeA: true, transposeB: true, bias: false },
        { m: 35, n: 66, k: 39, batch: [3], transposeA: false, transposeB: false, bias: false },
      ],
      op: (inputs, c) => withTiling(device, tiling, () => product.op(inputs, c)),
      differentiable: [],
    });
  }
});

// Halves packed in words, and as such where the adapter offers them.
describe("every tiling of f16", async () => {
  const device = await testDevice();
  const operands = { halfA: true, halfB: true };
  for (const tiling of oneOfEachKind(tilingsFor(device.info, operands))) {
    describeOp<Case>(tilingName(tiling), {
      ...product,
      dtype: "f16",
      cases: [
        { m: 68, n: 36, k: 20, batch: [2], transposeA: false, transposeB: true, bias: false },
        { m: 36, n: 68, k: 36, batch: [], transposeA: true, transposeB: false, bias: false },
      ],
      op: (inputs, c) => withTiling(device, tiling, () => product.op(inputs, c)),
      differentiable: [],
    });
  }
});

// The gradients of weight and bias come from one kernel here.
for (const without of [[], ["subgroups"]]) {
  describeOp<[m: number, n: number, k: number]>(
    `matmul as in a linear layer${without.length > 0 ? " without subgroups" : ""}`,
    {
      // Few combinations of quads and scalars: each compiles kernels of its own.
      cases: [
        [1, 12, 36],
        [33, 20, 4],
        [66, 7, 5],
        [3, 65, 1],
        [12, 36, 8],
      ],
      without,
      shapes: ([m, n, k]) => ({ a: [m, k], b: [n, k], bias: [n] }),
      op: ({ a, b, bias }) => matmul(a!, b!, { transposeB: true, bias, scale: 0.5 }),
      reference: ({ a, b, bias }, [m, n, k]) => {
        const scaled = { shape: a!.shape, data: a!.data.map((value) => value * 0.5) };
        const c = { batch: [], m, n, k, transposeA: false, transposeB: true, bias: true };
        return reference({ a: scaled, b: b!, bias: bias! }, c);
      },
      opClass: "product",
      depth: ([, , k]) => k,
      gradientDepth: (size) => Math.max(...size),
    },
  );
}

interface Fused {
  readonly size: [m: number, n: number, k: number];
  readonly activation: "none" | "gelu" | "silu";
  readonly with: readonly ("bias" | "gate" | "residual")[];
}

function fusedReference(inputs: Record<string, Array64>, { size: [m, n, k], activation }: Fused): Array64 {
  const { a, b, bias, gate, residual } = inputs as { [name: string]: Array64 };
  const c = { batch: [], m, n, k, transposeA: false, transposeB: true, bias: true };
  const y = reference({ a: a!, b: b!, ...(bias ? { bias } : {}) }, c);
  const f = activation === "none" ? (x: number) => x : unaryTable[activation].reference;
  return { ...y, data: y.data.map((x, i) => f(x) * (gate?.data[i] ?? 1) + (residual?.data[i] ?? 0)) };
}

describeOp<Fused>("matmul with an epilogue", {
  cases: [
    { size: [12, 36, 8], activation: "gelu", with: ["bias"] },
    { size: [5, 7, 3], activation: "silu", with: ["gate"] },
    { size: [9, 8, 4], activation: "silu", with: ["bias", "gate", "residual"] },
    { size: [33, 5, 4], activation: "none", with: ["residual"] },
    { size: [4, 4, 4], activation: "none", with: ["gate", "bias"] },
  ],
  shapes: ({ size: [m, n, k], with: names }) => ({
    a: [m, k],
    b: [n, k],
    ...Object.fromEntries(names.map((name) => [name, name === "bias" ? [n] : [m, n]])),
  }),
  op: ({ a, b, bias, gate, residual }, { activation }) =>
    matmul(a!, b!, { transposeB: true, bias, gate, residual, activation }),
  reference: fusedReference,
  opClass: "composite",
  depth: ({ size }) => size[2],
  gradientDepth: ({ size }) => Math.max(...size),
});

const wide = (x: Tensor) => cast(x, "f32");

describe("matmul", () => {
  it("uses one 2-d operand for every batch", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const a = tensor(device, [1, 2, 3, 4], [2, 1, 2]);
    const b = tensor(device, [1, 0, 0, 2], [2, 2]);
    expect(await matmul(a, b).read()).toEqual(Float32Array.of(1, 4, 3, 8));
  });

  it("gives the bias where the inner size is 0", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const y = matmul(zeros(device, [1, 0]), zeros(device, [0, 2]), { bias: tensor(device, [5, 6]) });
    expect(await y.read()).toEqual(Float32Array.of(5, 6));
  });

  it.each([
    ["aligned", 8, 12, 16],
    ["ragged", 5, 7, 9],
  ])(
    "reads halves as it reads what they are widened to, %s",
    async (_name, m, n, k) => {
      const device = await testDevice();
      using _scope = device.scope();
      const draw = (shape: number[], seed: number) =>
        tensor(device, random64(shape, new Random(seed)).data, shape, "f16");
      const [a, b, bias] = [draw([3, m, k], 1), draw([n, k], 2), draw([n], 3)];
      const want = await matmul(wide(a), wide(b), { transposeB: true, bias: wide(bias) }).read();
      const mixed = matmul(wide(a), b, { transposeB: true, bias });
      expect([mixed.dtype, await mixed.read()]).toEqual(["f32", want]);
      const both = matmul(a, b, { transposeB: true, bias });
      expect(both.dtype).toBe("f16");
      expect(await both.read()).toEqual(await cast(tensor(device, want, mixed.shape), "f16").read());

      const params = new Map(Object.entries({ a, b, bias }));
      const loss = () => sum(wide(square(matmul(a, b, { transposeB: true, bias }))));
      const exact = () => sum(square(matmul(wide(a), wide(b), { transposeB: true, bias: wide(bias) })));
      const [got, masters] = [valueAndGrad(loss, params).grads, valueAndGrad(exact, params).grads];
      for (const name of params.keys()) {
        expect(got.get(name)?.dtype).toBe("f16");
        const values = await (masters.get(name) as Tensor).read();
        // Halves have eleven digits; the product and its gradient are rounded to them.
        assertClose(name, await (got.get(name) as Tensor).read(), values, 4 * 2 ** -11 * largest(values));
      }
      // A first run compiles a dozen kernels.
    },
    180_000,
  );

  it("gives the same bits whether halves are read as such or as packed words", async () => {
    const device = await testDevice();
    if (!device.info.features.has("shader-f16")) return;
    using _scope = device.scope();
    const [m, n, k] = [20, 36, 12];
    const a = tensor(device, random64([m, k], new Random(1), -4, 4).data, [m, k], "f16");
    const b = tensor(device, random64([n, k], new Random(2), -4, 4).data, [n, k]);
    const [tiling] = tilingsFor(device.info);
    const read = (nativeHalves: boolean) =>
      withTiling(device, { ...tiling!, nativeHalves }, () => matmul(a, b, { transposeB: true })).read();
    expect(await read(true)).toEqual(await read(false));
  });

  it("adds to what is known of a gradient", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [1, 2], [1, 2]);
    const [v, w] = [tensor(device, [1, 2, 3, 4], [2, 2]), tensor(device, [5, 6, 7, 8], [2, 2])];
    const before = device.stats.dispatches;
    const { grads } = valueAndGrad(() => add(sum(matmul(x, v)), sum(matmul(x, w))), new Map([["x", x]]));
    const known = device.stats.dispatches - before;
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(14, 22));
    // Two products, two sums, their sum; ones, two broadcasts, two products.
    expect(known).toBe(10);
  });

  it("keeps the input of an activation only where a gradient is asked for", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const a = zeros(device, [64, 64]);
    const held = () => device.stats.live;
    const start = held();
    matmul(a, a, { activation: "gelu" });
    expect(held() - start).toBe(1);
  });

  it("splits the depth on a GPU where y is small, with the same sums", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const [m, n, k] = [9, 12, 1030];
    const inputs = { a: random64([k, m], new Random(1)), b: random64([k, n], new Random(2)) };
    const want = reference(inputs, { batch: [], m, n, k, transposeA: true, transposeB: false, bias: false });
    const [a, b] = [tensor(device, inputs.a.data, [k, m]), tensor(device, inputs.b.data, [k, n])];
    const y = withSplits(device, 4, () => matmul(a, b, { transposeA: true }));
    assertClose("split", await y.read(), want.data, tolerance("product", k, largest(want.data)));
  });

  it("names shapes that do not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const a = zeros(device, [2, 3]);
    expect(() => matmul(a, a)).toThrow("[matmul] [2, 3] and [2, 3]: the inner sizes 3 and 2 differ");
    expect(() => matmul(zeros(device, [2, 3, 4]), a)).toThrow(
      "[matmul] [2, 3, 4] and [2, 3]: the inner sizes",
    );
    expect(() => matmul(a, zeros(device, [3, 4]), { bias: zeros(device, [3]) })).toThrow(
      "[matmul] bias must be [4], got [3]",
    );
    expect(() => matmul(a, zeros(device, [3, 4]), { residual: a })).toThrow(
      "[matmul] residual must be [2, 4] f32, got [2, 3] f32",
    );
    expect(() => matmul(zeros(device, [1, 2, 3]), zeros(device, [3, 4]), { gate: a })).toThrow(
      "[matmul] gate must be [1, 2, 4], got [2, 3]",
    );
    expect(() => matmul(a, zeros(device, [3], "f32"))).toThrow("at least two axes");
    expect(() => matmul(zeros(device, [2, 2, 3]), zeros(device, [3, 3, 4]))).toThrow(
      "batch axes [2] and [3] differ",
    );
  });
});
