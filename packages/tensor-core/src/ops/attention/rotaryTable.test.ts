/** @file The tables of rotary embeddings: how many there are, and what no table is made of. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { capture } from "../../tensor/capture.ts";
import { ones, tensor } from "../../tensor/create.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { rotaryEmbedding } from "./rotaryEmbedding.ts";
import type { RotaryScaling } from "./rotaryFrequencies.ts";

const scaling = { kind: "dynamic", factor: 2, originalLength: 16 } as const;
const shape = [1, 2, 1, 8];
const values = random64(shape, new Random(1)).data;

const at777 = (offset: number) => ({ offset, base: 777 });

describe("rotaryEmbedding with dynamic scaling", () => {
  it("keeps eight tables, whatever the numbers of positions", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, values, shape);
    const at = (offset: number) => {
      using _inner = device.scope();
      rotaryEmbedding(x, { offset, scaling });
    };
    const { live } = device.stats;
    for (let offset = 100; offset < 108; offset++) at(offset);
    expect(device.stats.live).toBe(live + 8);
    for (let offset = 110; offset < 150; offset++) at(offset);
    at(200); // a longer table
    at(3); // and one of the original length
    expect(device.stats.live).toBe(live + 8);
  });

  it("turns back by the angles by which it turned, though another table was made between", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, values, shape);
    const loss = (between: boolean) => () => {
      const y = rotaryEmbedding(x, { offset: 40, scaling });
      if (between) rotaryEmbedding(x, { offset: 90, scaling });
      return sum(mul(y, tensor(device, values.toReversed(), shape)));
    };
    const gradient = (between: boolean) =>
      valueAndGrad(loss(between), new Map([["x", x]]))
        .grads.get("x")!
        .read();
    expect(await gradient(true)).toEqual(await gradient(false));
  });

  it("gives a captured step the tables of its own positions, run after run", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const offsets = [30, 60, 200, 30];
    const want = [];
    for (const offset of offsets) {
      want.push(await rotaryEmbedding(tensor(device, values, shape), { offset, scaling }).read());
    }
    using step = capture(device, ({ x }: Record<"x", Tensor>) =>
      Object.fromEntries(offsets.map((offset, i) => [`y${i}`, rotaryEmbedding(x, { offset, scaling })])),
    );
    for (let run = 0; run < 4; run++) {
      const found = step.run({ x: { shape, data: Float32Array.from(values) } });
      for (const [i, y] of want.entries()) expect(await found[`y${i}`]!.read()).toEqual(y);
      // What is made meanwhile takes the memory of nothing that the step reads.
      for (let i = 0; i < 3; i++) rotaryEmbedding(ones(device, shape), { offset: 70 + 3 * run + i, scaling });
    }
  });
});

describe("rotaryEmbedding", () => {
  it.each<[object, string]>([
    [{ base: 0 }, "base must be a number > 0, got 0"],
    [{ base: NaN }, "base must be a number > 0, got NaN"],
    [{ base: Infinity }, "base must be a number > 0, got Infinity"],
    [{ base: -10 }, "base must be a number > 0, got -10"],
    [
      { scaling: { kind: "yarn", factor: 2, originalLength: 4 } },
      'scaling.kind must be "linear", "dynamic" or "llama3", got "yarn"',
    ],
    [{ scaling: { kind: "linear" } }, "scaling.factor must be greater than 0, got undefined"],
    [
      { scaling: { kind: "dynamic", factor: 2 } },
      "scaling.originalLength must be greater than 0, got undefined",
    ],
    [{ scaling: { kind: "llama3", factor: 8 } }, "scaling.lowFrequencyFactor must be greater than 0"],
    [{ offset: 1e12 }, "a table of 1000000000002 positions for heads of 8 is more than this device binds"],
    [{ positions: 2 ** 40 }, `a table of ${2 ** 40} positions for heads of 8 is more than this device binds`],
  ])("refuses %o", async (options, message) => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = ones(device, shape);
    expect(() => rotaryEmbedding(x, options)).toThrow(`[rotaryEmbedding] ${message}`);
  });

  it("gives a captured step what it gave it first, when a longer table was made since", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    using step = capture(device, ({ x }: Record<"x", Tensor>) => ({
      first: rotaryEmbedding(x, at777(30)),
      last: rotaryEmbedding(x, at777(200)),
    }));
    const x = tensor(device, values, shape);
    for (let run = 0; run < 3; run++) {
      const { first, last } = step.run({ x: { shape, data: Float32Array.from(values) } });
      const found = [await first.read(), await last.read()];
      rotaryEmbedding(x, at777(2000 * (run + 1)));
      expect(found).toEqual([
        await rotaryEmbedding(x, at777(30)).read(),
        await rotaryEmbedding(x, at777(200)).read(),
      ]);
    }
  });

  it("takes every kind of scaling", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const kinds: RotaryScaling[] = [
      { kind: "linear", factor: 2 },
      scaling,
      { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 64 },
    ];
    for (const kind of kinds) {
      expect(rotaryEmbedding(ones(device, shape), { scaling: kind }).shape).toEqual(shape);
    }
  });
});
