/** @file Host work of captured steps, such as counting them: once for each run, whatever is recorded in between. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { mul } from "../ops/elementwise/binary.ts";
import { sum } from "../ops/reduce/sum.ts";
import { capture } from "../tensor/capture.ts";
import { ones, tensor } from "../tensor/create.ts";
import type { StepInput } from "../tensor/stepInput.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW } from "./adamW.ts";
import { sgdStep } from "./sgd.ts";

const input = (size: number): StepInput => ({ shape: [size], data: new Float32Array(size).fill(0.5) });

async function setUp() {
  const device = await testDevice();
  const w = ones(device, [4]);
  const params = new Map([["w", w]]);
  const optimizer = new AdamW(params, { learningRate: 1, weightDecay: 0 });
  const lossOf = (x: Tensor) => valueAndGrad(() => sum(mul(sum(x), w)), params);
  const dispose = () => {
    optimizer.dispose();
    w.dispose();
  };
  return { device, params, w, optimizer, lossOf, dispose };
}

const idle = () => {};
const coarseThenFine = (step: number) => (step < 20 ? 1 : 1e-6);

describe("host work of a captured step", () => {
  it("is done when a prepared step first runs, after what ran meanwhile", async () => {
    const { device, w, optimizer, lossOf, dispose } = await setUp();
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const { value, grads } = lossOf(x);
      optimizer.step(grads, coarseThenFine);
      return { value };
    });
    await captured.prepare({ x: input(2) });
    await captured.prepare({ x: input(3) });
    expect(optimizer.stepCount).toBe(0);
    for (let i = 0; i < 40; i++) captured.run({ x: input(2) });
    expect(optimizer.stepCount).toBe(40);
    const before = (await w.read())[0] as number;
    captured.run({ x: input(3) });
    const after = (await w.read())[0] as number;
    expect(before).toBeLessThan(-18); // 20 steps of 1 from 1 on
    expect(Math.abs(after - before)).toBeLessThan(1e-5); // f32 resolves 2e-6 here
    expect(optimizer.stepCount).toBe(41);
    dispose();
  });

  it("is not done by a run that is refused", async () => {
    const { device, optimizer, lossOf, dispose } = await setUp();
    let run = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const { value, grads } = lossOf(x);
      optimizer.step(grads, 1 / ++run);
      return { value };
    });
    captured.run({ x: input(2) });
    for (let i = 0; i < 3; i++) {
      expect(() => captured.run({ x: input(2) })).toThrow("[capture] learningRate of AdamW was 1");
    }
    expect(optimizer.stepCount).toBe(1);
    dispose();
  });

  it("is the same in number and in names in both runs that are recorded", async () => {
    const { device, dispose } = await setUp();
    for (const [first, second, message] of [
      [0, 1, "the first run called device.eachStep 0 times, the second 1"],
      [2, 1, "the first run called device.eachStep 2 times, the second 1"],
    ] as const) {
      let run = 0;
      using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
        for (let i = run++ === 0 ? first : second; i > 0; i--) device.eachStep(idle);
        return { y: sum(x) };
      });
      captured.run({ x: input(2) });
      expect(() => captured.run({ x: input(2) })).toThrow(message);
    }
    let run = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      device.eachStep(idle, run++ === 0 ? {} : { rate: 1 });
      return { y: sum(x) };
    });
    captured.run({ x: input(2) });
    expect(() => captured.run({ x: input(2) })).toThrow(
      "[capture] rate was undefined in the first run and 1 in the second",
    );
    dispose();
  });

  it("gives a rate as a function in both runs that are recorded, or in none", async () => {
    const { device, params, w, lossOf, dispose } = await setUp();
    let run = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const { value, grads } = lossOf(x);
      sgdStep(params, grads, run++ === 0 ? () => 0 : 1);
      return { value };
    });
    captured.run({ x: input(2) });
    expect(() => captured.run({ x: input(2) })).toThrow(
      "[capture] learningRate of sgd.update was a function in the first run and 1 in the second",
    );
    expect(await w.read()).toEqual(new Float32Array(4).fill(1));
    dispose();
  });

  it("may fail in the second run, and the step goes on, with its constants", async () => {
    const { device, w, dispose } = await setUp();
    let fails = false;
    let runs = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      device.eachStep(() => {
        if (fails) throw new RangeError("no rate");
        runs++;
      });
      return { y: mul(w, sum(x)), constant: tensor(device, [1, 2]) };
    });
    const x = input(2);
    captured.run({ x });
    fails = true;
    for (let i = 0; i < 2; i++) expect(() => captured.run({ x })).toThrow("no rate");
    fails = false;
    const { y, constant } = captured.run({ x });
    expect(await y.read()).toEqual(new Float32Array(4).fill(1));
    expect(await constant.read()).toEqual(Float32Array.of(1, 2));
    expect(runs).toBe(2);
    dispose();
  });
});
