/** @file Chains of elementwise ops in a captured step: one kernel each, with the bits of separate ones. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { add, div, maximum, mul, sub } from "../ops/elementwise/binary.ts";
import { greater, less } from "../ops/elementwise/compare.ts";
import { addScalar, exp, gelu, neg, pow, scale, sigmoid, square, tanh } from "../ops/elementwise/unary.ts";
import { where } from "../ops/elementwise/where.ts";
import { cast } from "../ops/layout/cast.ts";
import { mean, sum } from "../ops/reduce/sum.ts";
import { capture, type StepReport } from "../tensor/capture.ts";
import { full, ones, tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { sgdStep } from "./sgd.ts";

type Step = (x: Tensor) => Record<string, Tensor>;

const values = (shape: readonly number[], seed: number) => {
  const random = new Random(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-2, 2));
};

/** Runs a step as it is, captured, and captured with chains joined; all must give the same bits. */
async function joined(device: Device, step: Step, shape: readonly number[] = [3, 8]): Promise<StepReport> {
  const named = ({ x }: Readonly<Record<"x", Tensor>>) => step(x);
  using separate = capture(device, named, { fuse: false });
  using captured = capture(device, named);
  for (let run = 0; run < 3; run++) {
    using _scope = device.scope();
    const x = { shape, data: values(shape, run) };
    const want = step(tensor(device, x.data, shape));
    const [apart, got] = [separate.run({ x }), captured.run({ x })];
    expect(Object.keys(got)).toEqual(Object.keys(want));
    for (const name in want) {
      const bits = await bitsOf(want[name]);
      expect(await bitsOf(apart[name]), `${name} of run ${run}, apart`).toEqual(bits);
      expect(await bitsOf(got[name]), `${name} of run ${run}, joined`).toEqual(bits);
    }
  }
  const [report] = captured.report();
  expect(report?.recorded).toBe(separate.report()[0]?.dispatches);
  return report as StepReport;
}

/** NaN has many; which one an adapter makes is its own affair, but not that it is one. */
async function bitsOf(t: Tensor | undefined): Promise<unknown> {
  const read = (await t?.read()) as Float32Array;
  return new Uint32Array(read.map((v) => (Number.isNaN(v) ? Number.NaN : v)).buffer);
}

/** Two values that a product needs, which is read after other work. */
const readLater: Step = (x) => {
  const [a, b] = [exp(x), tanh(x)];
  const [left, right] = [mean(a, 0), mean(b, 0)];
  const t = mul(a, b);
  const other = sum(mul(left, right));
  return { y: neg(t), other };
};

const readOneLater: Step = (x) => {
  const a = exp(x);
  const left = mean(a, 0);
  const t = square(a);
  const other = sum(left);
  return { y: neg(t), other };
};

describe("chains of elementwise ops", () => {
  it("are one dispatch, and what passes within needs no memory", async () => {
    const device = await testDevice();
    const report = await joined(device, (x) => ({ y: mul(tanh(addScalar(scale(x, 0.3), 1)), exp(x)) }));
    expect(report).toEqual({ inputs: "x [3, 8] f32;", recorded: 5, dispatches: 1, bytes: 256 });
  });

  it("are one dispatch where a value is used twice within, but not where it is used elsewhere or kept", async () => {
    const device = await testDevice();
    const within = await joined(device, (x) => {
      const t = exp(x);
      return { y: mul(scale(t, 2), addScalar(mul(t, t), 1)) };
    });
    expect(within).toMatchObject({ recorded: 5, dispatches: 1 });
    const elsewhere = await joined(device, (x) => {
      const t = exp(x);
      return { y: gelu(scale(t, 2)), total: sum(t) };
    });
    expect(elsewhere).toMatchObject({ recorded: 4, dispatches: 3 });
    const kept = await joined(device, (x) => {
      const t = exp(neg(x));
      return { t, y: gelu(scale(t, 2)) };
    });
    expect(kept).toMatchObject({ recorded: 4, dispatches: 2 });
  });

  it("take operands that repeat, and conditions", async () => {
    const device = await testDevice();
    const [bias, gain] = [tensor(device, values([8], 5)), tensor(device, values([8], 6))];
    const report = await joined(device, (x) => {
      const t = add(mul(x, gain), bias);
      return { y: where(less(t, x), neg(t), maximum(t, square(x))) };
    });
    expect(report).toMatchObject({ recorded: 7, dispatches: 1 });
    // What repeats is made before: its own chain ends there.
    const repeating = await joined(device, (x) => ({ y: add(x, exp(scale(gain, 2))) }));
    expect(repeating).toMatchObject({ recorded: 3, dispatches: 2 });
    for (const t of [bias, gain]) t.dispose();
  });

  it("round what passes within as memory would: halves, and no multiply-add in one", async () => {
    const device = await testDevice();
    const halves = await joined(device, (x) => {
      const h = cast(x, "f16");
      return { y: cast(tanh(mul(scale(h, 1.1), addScalar(h, 0.3))), "f32") };
    });
    expect(halves).toMatchObject({ recorded: 6, dispatches: 1 });
    const products = await joined(device, (x) => ({ y: sub(mul(x, x), square(x)), z: add(mul(x, x), x) }));
    expect(products).toMatchObject({ recorded: 5, dispatches: 2 });
  });

  it("end where a kernel would bind more than eight buffers, or do more than sixteen things", async () => {
    const device = await testDevice();
    const terms = Array.from({ length: 11 }, (_, i) => tensor(device, values([3, 8], 20 + i), [3, 8]));
    const wide = await joined(device, (x) => ({ y: terms.reduce((all, term) => add(all, term), x) }));
    expect(wide).toMatchObject({ recorded: 11, dispatches: 2 }); // 7 operands, then the sum and 5 more
    const deep = await joined(device, (x) => {
      let y = x;
      for (let i = 0; i < 33; i++) y = scale(y, 1.01);
      return { y };
    });
    expect(deep).toMatchObject({ recorded: 33, dispatches: 3 });
    for (const term of terms) term.dispose();
  });

  it("read a parameter before it changes", async () => {
    const device = await testDevice();
    const [w, g, back] = [ones(device, [3, 8]), ones(device, [3, 8]), full(device, [3, 8], -1)];
    const step: Step = (x) => {
      const before = mul(x, w);
      sgdStep(new Map([["w", w]]), new Map([["w", g]]), 0.5);
      const y = exp(before);
      sgdStep(new Map([["w", w]]), new Map([["w", back]]), 0.5); // as it was, for the next run
      return { y };
    };
    expect(await joined(device, step)).toMatchObject({ recorded: 4, dispatches: 4 });
    for (const t of [w, g, back]) t.dispose();
  });

  it("do not hold two values for long in the place of one", async () => {
    const device = await testDevice();
    expect(await joined(device, readLater)).toMatchObject({ recorded: 8, dispatches: 8 });
    // One value in the place of another is no more.
    expect(await joined(device, readOneLater)).toMatchObject({ recorded: 5, dispatches: 4 });
  });

  it("of the same ops that read one another's results otherwise are kernels of their own", async () => {
    const device = await testDevice();
    for (const swapped of [false, true]) {
      const report = await joined(device, (x) => {
        const [a, b] = [scale(x, 3), scale(x, 7)];
        return { y: swapped ? sub(b, a) : sub(a, b) };
      });
      expect(report.dispatches).toBe(1);
    }
  });
});

const shapes = [
  [1, 1],
  [5, 7],
  [3, 8],
  [2, 130],
] as const;

const unary: readonly ((t: Tensor) => Tensor)[] = [
  (t) => scale(t, -0.7),
  (t) => gelu(t),
  (t) => sigmoid(t),
  (t) => pow(t, 3),
  (t) => addScalar(t, 0.1),
];
const binary: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  add,
  sub,
  mul,
  (a, b) => div(a, addScalar(square(b), 1)),
  (a, b) => add(a, mean(b, 0)),
  (a, b) => where(greater(a, b), a, neg(b)),
  (a, b) => maximum(a, b),
];

it("random programs and their gradients have the bits of separate dispatches, and need fewer", async () => {
  const device = await testDevice();
  let [recorded, dispatches] = [0, 0];
  const line = fc.record({ op: fc.nat(11), a: fc.nat(30), b: fc.nat(30), keep: fc.nat(9) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 2, maxLength: 12 }),
      fc.constantFrom(...shapes),
      fc.boolean(),
      async (program, shape, half) => {
        const evaluate = (x: Tensor) => {
          const known = [half ? cast(x, "f16") : x];
          const results: Record<string, Tensor> = {};
          for (const [n, { op, a, b, keep }] of program.entries()) {
            const pick = (at: number) => known[known.length - 1 - (at % Math.min(3, known.length))] as Tensor;
            const f = unary[op];
            const y = f ? f(pick(a)) : (binary[op - unary.length] as (typeof binary)[0])(pick(a), pick(b));
            known.push(y);
            if (keep === 0) results[`line ${n}`] = y;
          }
          return { last: known.at(-1) as Tensor, results };
        };
        const step: Step = (x) => {
          const kept: Record<string, Tensor> = {};
          const { value, grads } = valueAndGrad(
            () => {
              const { last, results } = evaluate(x);
              Object.assign(kept, results, { last });
              return mean(cast(last, "f32"));
            },
            new Map([["x", x]]),
          );
          return { value, ...kept, ...Object.fromEntries(grads) };
        };
        const report = await joined(device, step, shape);
        recorded += report.recorded;
        dispatches += report.dispatches;
      },
    ),
    { numRuns: 15, seed: 3 },
  );
  expect(dispatches).toBeLessThan(0.8 * recorded);
}, 60_000);
