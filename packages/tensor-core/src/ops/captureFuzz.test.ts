/** @file Random programs, captured and not: the same bits, and no memory left behind. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { checkpoint, valueAndGrad } from "../autograd/tape.ts";
import { capture } from "../tensor/capture.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { add, mul, sub } from "./elementwise/binary.ts";
import { gelu, scale, tanh } from "./elementwise/unary.ts";
import { concat } from "./layout/concat.ts";
import { reshape } from "./layout/reshape.ts";
import { slice } from "./layout/slice.ts";
import { matmul } from "./matmul/matmul.ts";
import { layerNorm } from "./normalize/layerNorm.ts";
import { mean, sum } from "./reduce/sum.ts";

const n = 8;
const square = n * n;

/** Functions of two tensors [n, n]. */
const ops: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => add(a, b),
  (a, b) => sub(b, a),
  (a, b) => mul(a, b),
  (a, b) => scale(matmul(a, b, { transposeB: true }), 0.2),
  (a) => gelu(a),
  (a, b) => checkpoint((x, y) => tanh(add(scale(x, 0.5), y)), a, b),
  (a) => reshape(reshape(a, [square]), [n, n]),
  (a, b) => concat([slice(a, 0, 2, n), slice(b, 0, 0, 2)], 0),
  (a, b) => layerNorm(a, slice(reshape(b, [square]), 0, 0, n), slice(reshape(a, [square]), 0, n, 2 * n)),
  (a, b) => add(a, reshape(mean(b, 0), [1, n])),
];

interface Line {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  /** Free what the line before made, if nothing needs it any more. */
  readonly frees: boolean;
}

const line: fc.Arbitrary<Line> = fc.record({
  op: fc.nat(ops.length - 1),
  a: fc.nat(100),
  b: fc.nat(100),
  frees: fc.boolean(),
});

/** Each line takes two of the tensors so far, the parameters among them; the value depends on the last ones. */
function evaluate(program: readonly Line[], start: readonly Tensor[], mayFree: boolean): Tensor {
  const known = [...start];
  const made = new Set<Tensor>();
  for (const { op, a, b, frees } of program) {
    const pick = (i: number) => known[i % known.length] as Tensor;
    const y = (ops[op] as (typeof ops)[number])(pick(a), pick(b));
    const previous = known.at(-1) as Tensor;
    if (mayFree && frees && made.has(previous)) {
      known.pop();
      previous.dispose();
    }
    made.add(y);
    known.push(y);
  }
  return sum(known.slice(-3).reduce((total, t) => add(total, t)));
}

const values = (run: number) =>
  Float32Array.from({ length: square }, (_, i) => Math.fround(Math.sin(i * (run + 1)) * 0.7));

it("a captured program gives the bits of the program itself, over several runs", async () => {
  const device = await testDevice();
  const { live } = device.stats;
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 14 }),
      fc.boolean(),
      async (program, trains) => {
        const weight = tensor(device, values(7), [n, n]);
        const step = ({ x }: Readonly<Record<"x", Tensor>>): Record<string, Tensor> => {
          if (!trains) return { value: evaluate(program, [x, weight], true) };
          const { value, grads } = valueAndGrad(
            () => evaluate(program, [x, weight], false),
            new Map([
              ["weight", weight],
              ["x", x],
            ]),
          );
          return { value, ...Object.fromEntries(grads) };
        };
        {
          using captured = capture(device, step);
          for (let run = 0; run < 4; run++) {
            using _scope = device.scope();
            const want = step({ x: tensor(device, values(run), [n, n]) });
            const got = captured.run({ x: { shape: [n, n], data: values(run) } });
            expect(Object.keys(got)).toEqual(Object.keys(want));
            for (const name in want) expect(await got[name]?.read(), name).toEqual(await want[name]?.read());
          }
        }
        weight.dispose();
        expect(device.stats.live).toBe(live);
      },
    ),
    { numRuns: 20, seed: 20_26 },
  );
});
