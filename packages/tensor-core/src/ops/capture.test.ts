/** @file What a captured step says of its inputs and results, and that it frees them. */

import { describe, expect, it } from "vitest";
import { capture, type StepInput, type StepResults } from "../tensor/capture.ts";
import type { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { sub } from "./elementwise/binary.ts";
import { square } from "./elementwise/unary.ts";

const input = (...values: number[]): StepInput => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

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
