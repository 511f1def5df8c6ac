/** @file What a captured step says of its inputs and results, and that it frees them. */

import { describe, expect, it } from "vitest";
import { checkpoint, valueAndGrad } from "../autograd/tape.ts";
import { type KernelSpec, write } from "../kernel/kernelSpec.ts";
import { MemoryError } from "../memory/memoryError.ts";
import { capture } from "../tensor/capture.ts";
import { tensor } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { run } from "../tensor/run.ts";
import type { StepInput } from "../tensor/stepInput.ts";
import type { StepResults } from "../tensor/stepResults.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { mul, sub } from "./elementwise/binary.ts";
import { square } from "./elementwise/unary.ts";
import { sum } from "./reduce/sum.ts";

const input = (...values: number[]): StepInput => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

const filled = (size: number): StepInput => ({ shape: [size], data: new Float32Array(size).fill(2) });

const squareOf = (device: Device) =>
  capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: square(x) }));
const difference = (device: Device) =>
  capture(device, ({ x, z }: Readonly<Record<"x" | "z", Tensor>>) => ({ y: sub(x, z) }));

describe("inputs of a captured step", () => {
  it("come in any order of their names", async () => {
    const device = await testDevice();
    using captured = difference(device);
    const [x, z] = [input(5, 7, 9), input(1, 2, 3)];
    for (const inputs of [
      { x, z },
      { z, x },
    ]) {
      expect(await captured.run(inputs).y.read()).toEqual(Float32Array.of(4, 5, 6));
    }
    expect(captured.report().map(({ inputs }) => inputs)).toEqual(["x [3] f32;z [3] f32;"]);
  });

  it("are freed where a later one does not fit its shape", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    using captured = difference(device);
    const wrong = { shape: [2], data: Float32Array.of(1) };
    for (let i = 0; i < 3; i++) {
      expect(() => captured.run({ x: input(1, 2), z: wrong })).toThrow("[tensor] [2] needs 2 values, got 1");
    }
    expect(device.stats.live).toBe(live);
  });

  it("are named where their type says no dtype", async () => {
    const device = await testDevice();
    using captured = squareOf(device);
    const message =
      "[capture] input x must be a Float32Array, Int32Array or Uint32Array, which says its dtype; got ";
    for (const [data, got] of [
      [[-2, 1], "Array"],
      [Float64Array.of(-2, 1), "Float64Array"],
      [undefined, "undefined"],
    ] as const) {
      const x = { shape: [2], data } as unknown as StepInput;
      expect(() => captured.run({ x })).toThrow(new TypeError(message + got));
      await expect(captured.prepare({ x })).rejects.toThrow(message + got);
    }
  });
});

describe("results of a captured step", () => {
  it("must be tensors by name", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    for (const [find, got] of [
      [() => undefined, "undefined"],
      [(y: Tensor) => y, "a tensor without one"],
      [(y: Tensor) => ({ y, n: 3 }), "3 as n"],
      [(y: Tensor) => ({ y, ys: [y, y] }), "an array as ys"],
      [(y: Tensor) => ({ none: undefined, y }), "undefined as none"],
    ] as const) {
      using captured = capture(
        device,
        ({ x }: Readonly<Record<"x", Tensor>>) => find(square(x)) as unknown as StepResults,
      );
      expect(() => captured.run({ x: input(3) })).toThrow(
        new TypeError(`[capture] the step must return tensors by name, such as { loss }, got ${got}`),
      );
    }
    expect(device.stats.live).toBe(live);
  });

  it("must be the same in every run", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    for (const [results, message] of [
      [(y: Tensor, z: Tensor, run: number) => ({ y: run === 0 ? y : z }), "the result y was another tensor"],
      [
        (y: Tensor, z: Tensor, run: number) => (run === 0 ? { y } : { y, z }),
        "returned y in the first run and y, z",
      ],
    ] as const) {
      let run = 0;
      using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) =>
        results(square(x), sub(x, x), run++),
      );
      expect(await captured.run({ x: input(3) }).y.read()).toEqual(Float32Array.of(9));
      expect(() => captured.run({ x: input(3) })).toThrow(message);
    }
    expect(device.stats.live).toBe(live);
  });

  it("are constants to a tape around the run, in the first run as in others", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const w = tensor(device, [3]);
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: mul(x, w) }));
    for (let i = 0; i < 3; i++) {
      const loss = () => sum(mul(w, captured.run({ x: input(2) }).y));
      const { value, grads } = valueAndGrad(loss, new Map([["w", w]]));
      expect([await value.item(), await grads.get("w")!.item()]).toEqual([18, 6]);
    }
    using inner = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const { grads } = valueAndGrad(() => sum(square(mul(x, w))), new Map([["w", w]]));
      return { slope: grads.get("w") as Tensor };
    });
    for (let i = 0; i < 3; i++) {
      const { grads } = valueAndGrad(() => mul(w, inner.run({ x: input(2) }).slope), new Map([["w", w]]));
      expect(await grads.get("w")!.item()).toBe(24);
    }
  });

  it("are freed where the step is disposed of while it is prepared", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const captured = squareOf(device);
    const preparing = captured.prepare({ x: input(1, 2) });
    captured.dispose();
    await preparing;
    expect([captured.plans, device.stats.live]).toEqual([0, live]);
    expect(await captured.run({ x: input(1, 2) }).y.read()).toEqual(Float32Array.of(1, 4));
    captured.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("say so when they were freed with the ninth combination of shapes, or with the step", async () => {
    const device = await testDevice();
    const captured = squareOf(device);
    const of = (size: number) => captured.run({ x: input(...Array.from({ length: size }, () => 2)) }).y;
    const first = of(1);
    for (let size = 2; size <= 8; size++) of(size);
    expect(await first.read()).toEqual(Float32Array.of(4));
    const ninth = of(9);
    await expect(first.read()).rejects.toThrow(
      "[read] a tensor of [1] was used after the captured step that made it ran for 8 other combinations of input " +
        "shapes, the most that it keeps: read it before, or use fewer shapes",
    );
    captured.dispose();
    expect(() => square(ninth)).toThrow(
      "[square] a tensor of [9] was used after the captured step that made it was disposed of: read it before",
    );
  });
});

describe("a captured step under a budget", () => {
  it("has its constants once, in the second run too", async () => {
    const device = await Device.open({ memoryBudgetBytes: 2 ** 20 });
    const halves = new Float32Array(150_000).fill(0.5);
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({
      y: mul(x, sum(tensor(device, halves))),
    }));
    for (let run = 0; run < 3; run++) expect(await captured.run({ x: input(2) }).y.item()).toBe(150_000);
    expect(device.stats.peakBytes).toBeLessThan(700_000);
  });

  it("has memory for constants that are kept for other steps, whether the second run succeeds or not", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    let table: Tensor | undefined;
    let fails = false;
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      table ??= device.unscoped(() => tensor(device, [5, 6]));
      if (fails) throw new Error("in the step");
      return { y: mul(x, table) };
    });
    const x = input(2, 2);
    captured.run({ x });
    for (fails of [true, false]) {
      table?.dispose();
      table = undefined;
      if (fails) expect(() => captured.run({ x })).toThrow("in the step");
      else expect(await captured.run({ x }).y.read()).toEqual(Float32Array.of(10, 12));
      expect(await (table as Tensor | undefined)?.read()).toEqual(Float32Array.of(5, 6));
    }
    captured.dispose();
    table?.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("gives up what it keeps for other shapes, for its inputs and for its tensors", async () => {
    const device = await Device.open({ memoryBudgetBytes: 3 * 2 ** 20 });
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: square(x) }));
    const { y: first } = captured.run({ x: filled(100_000) });
    for (const size of [150_000, 200_000, 250_000, 300_000, 100_000]) {
      const { y } = captured.run({ x: filled(size) });
      const values = await y.read();
      expect([values.length, values.at(-1)]).toEqual([size, 4]);
    }
    await expect(first.read()).rejects.toThrow(
      "[read] a tensor of [100000] was used after the captured step that made it gave its memory to another combination " +
        "of input shapes: read it before, or raise memoryBudgetBytes",
    );
    await captured.prepare({ x: filled(310_000) });
    expect(captured.plans).toBe(1);
    expect(() => captured.run({ x: filled(500_000) })).toThrow("of the budget of 3145728 are in use");
    expect([captured.plans, device.stats.usedBytes]).toEqual([0, 0]);
  });

  it("does not take what earlier work failed by for its own want of memory", async () => {
    const device = await Device.open();
    using captured = squareOf(device);
    const { y } = captured.run({ x: input(2) });
    await y.read();
    const failed = new MemoryError("the device has no memory left");
    const throwIfFailed = device.throwIfFailed.bind(device);
    let pending: Error | undefined = failed;
    device.throwIfFailed = () => {
      const error = pending;
      pending = undefined;
      if (error) throw error;
      throwIfFailed();
    };
    expect(() => captured.run({ x: input(2, 3) })).toThrow(failed);
    expect(captured.plans).toBe(1);
    expect(await captured.run({ x: input(2, 3) }).y.read()).toEqual(Float32Array.of(4, 9));
  });
});

describe("a captured step that could not be prepared", () => {
  it("is not kept, and says so again", async () => {
    const device = await Device.open();
    const broken: KernelSpec = {
      label: "broken",
      workgroup: 1,
      buffers: { y: write() },
      uniforms: {},
      body: "no",
    };
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const y = square(x);
      run(broken, { y }, {}, 1);
      return { y };
    });
    for (let i = 0; i < 2; i++) {
      await expect(captured.prepare({ x: input(3) })).rejects.toThrow();
      await device.synchronize().catch(() => {}); // the shader itself, of which the device tells later
      expect([captured.plans, device.stats.live]).toEqual([0, 0]);
    }
  });
});

describe("a captured step in a checkpoint", () => {
  it("is refused where the part runs again, and goes on after it, with its host work", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const w = tensor(device, [3]);
    let runs = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      device.eachStep(() => void runs++);
      return { y: mul(x, w) };
    });
    const part = (t: Tensor) => mul(t, captured.run({ x: input(2) }).y);
    for (let run = 0; run < 3; run++) {
      expect(() => valueAndGrad(() => sum(checkpoint(part, w)), new Map([["w", w]]))).toThrow(
        "[capture] a captured step cannot run in a part that the backward pass of checkpoint runs again",
      );
      expect(runs).toBe(run + 1);
    }
    expect(await part(w).item()).toBe(18);
    expect(runs).toBe(4);
    const known = captured.run({ x: input(2) }).y;
    const { grads } = valueAndGrad(() => sum(checkpoint((t) => mul(t, known), w)), new Map([["w", w]]));
    expect(await grads.get("w")!.item()).toBe(6);
  });
});
