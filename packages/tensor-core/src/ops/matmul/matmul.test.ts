/** @file matmul against sums in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import { type Array64, zeros64 } from "../../testing/array64.ts";
import { awkwardSize, describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { matmul } from "./matmul.ts";

interface Case {
  readonly batch: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.constantFrom([], [1], [3], [2, 2]),
  m: awkwardSize,
  n: awkwardSize,
  k: awkwardSize,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  bias: fc.boolean(),
});

function reference({ a, b, bias }: Record<string, Array64>, c: Case): Array64 {
  const y = zeros64([...c.batch, c.m, c.n]);
  const batches = c.batch.reduce((x, n) => x * n, 1);
  const at = (t: Array64 | undefined, i: number) => t?.data[i] ?? 0;
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

for (const without of [[], ["subgroups"]]) {
  describeOp<Case>(without.length > 0 ? "matmul without subgroups" : "matmul", {
    cases,
    without,
    runs: 24,
    shapes: (c) => ({
      a: [...c.batch, ...(c.transposeA ? [c.k, c.m] : [c.m, c.k])],
      b: [...c.batch, ...(c.transposeB ? [c.n, c.k] : [c.k, c.n])],
      ...(c.bias ? { bias: [c.n] } : {}),
    }),
    op: ({ a, b, bias }, { transposeA, transposeB }) => matmul(a!, b!, { transposeA, transposeB, bias }),
    reference,
    opClass: "product",
    depth: ({ k }) => k,
    gradientDepth: ({ m, n, k, batch }) => Math.max(n, k, m * (batch[0] ?? 1) * (batch[1] ?? 1)),
  });
}

// The gradients of weight and bias come from one kernel here.
for (const without of [[], ["subgroups"]]) {
  describeOp<[m: number, n: number, k: number]>(
    `matmul as in a linear layer${without.length > 0 ? " without subgroups" : ""}`,
    {
      // Few combinations of quads and scalars: each compiles kernels of its own.
      cases: fc.constantFrom([1, 12, 36], [33, 20, 4], [66, 7, 5], [3, 65, 1]),
      without,
      runs: 6,
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

  it("names shapes that do not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const a = zeros(device, [2, 3]);
    expect(() => matmul(a, a)).toThrow("[matmul] [2, 3] and [2, 3]: the inner sizes 3 and 2 differ");
    expect(() => matmul(a, zeros(device, [3, 4]), { bias: zeros(device, [3]) })).toThrow(
      "[matmul] bias must be [4], got [3]",
    );
    expect(() => matmul(a, zeros(device, [3], "f32"))).toThrow("at least two axes");
    expect(() => matmul(zeros(device, [2, 2, 3]), zeros(device, [3, 3, 4]))).toThrow(
      "batch axes [2] and [3] differ",
    );
  });
});
