/** @file What a device says of its memory, of numbers gone wrong, and of its own loss. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { DeviceLostError } from "../device/deviceError.ts";
import { NonFiniteError } from "../kernel/nonFiniteTrap.ts";
import { capture } from "../tensor/capture.ts";
import { full, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withoutMemory } from "../tensor/withoutMemory.ts";
import { narrowDevice, testDevice } from "../testing/testDevice.ts";
import { div, mul } from "./elementwise/binary.ts";
import { exp, log, scale, square } from "./elementwise/unary.ts";
import { cast } from "./layout/cast.ts";
import { concat } from "./layout/concat.ts";
import { pad } from "./layout/pad.ts";
import { reshape } from "./layout/reshape.ts";
import { matmul } from "./matmul/matmul.ts";
import { sum } from "./reduce/sum.ts";

describe("memoryReport", () => {
  it("names who holds what, the largest first, and tensors by their names", async () => {
    const device = await Device.open({ memoryBudgetBytes: 1e6 });
    using _scope = device.scope();
    const weight = tensor(device, new Float32Array(64 * 64), [64, 64]);
    const y = square(tensor(device, new Float32Array(1000)));
    zeros(device, [1]).dispose();
    const report = device.memoryReport(new Map([["layer.weight", weight]]));
    expect(report.holders).toEqual([
      { label: "layer.weight", shape: [64, 64], dtype: "f32", bytes: 16384 },
      { label: "tensor", shape: [1000], dtype: "f32", bytes: 4096 },
      { label: "[square] y", shape: [1000], dtype: "f32", bytes: 4096 },
    ]);
    expect(report).toMatchObject({ usedBytes: 16384 + 8192, freeBytes: 256, budgetBytes: 1e6 });
    expect(report.peakBytes).toBe(16384 + 8192 + 256);
    y.dispose();
    expect(device.memoryReport().holders.map(({ label }) => label)).toEqual(["tensor", "tensor"]);
  });

  it("calls nothing by the name of a tensor that was freed, or never had memory", async () => {
    const device = await Device.open();
    using _scope = device.scope();
    const former = zeros(device, [64]);
    former.dispose();
    const x = tensor(device, new Float32Array(64)); // has the memory now
    const y = reshape(x, [8, 8]);
    const names = new Map([
      ["former", former],
      ["view", reshape(x, [64, 1])],
      ["imagined", withoutMemory(() => zeros(device, [64]))],
    ]);
    expect(device.memoryReport(names).holders.map(({ label }) => label)).toEqual(["view"]);
    names.get("view")?.dispose();
    expect(device.memoryReport(names).holders.map(({ label }) => label)).toEqual(["tensor"]);
    expect(await y.read()).toEqual(new Float32Array(64));
  });

  it("counts a captured step by the tensors that share its memory", async () => {
    const device = await Device.open();
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: exp(square(x)) }), {
      fuse: false,
    });
    const { y } = captured.run({ x: { shape: [512], data: new Float32Array(512) } });
    const labels = device.memoryReport(new Map([["result", y]])).holders.map(({ label }) => label);
    expect(labels.toSorted()).toEqual(["captured step: [square] y", "result", "tensor"]);
  });
});

describe("trapNonFinite", () => {
  it("names the first kernel that wrote NaN or infinity, the tensor and the element", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    {
      using _scope = device.scope();
      const x = tensor(device, [0, 0, 1, 0, 2, 0], [2, 3]);
      const trapped = device.trapNonFinite(() => sum(mul(square(scale(x, 1e30)), x)).item());
      await expect(trapped).rejects.toThrow(NonFiniteError);
      await expect(device.trapNonFinite(() => sum(mul(square(scale(x, 1e30)), x)).item())).rejects.toThrow(
        "[square.forward] wrote NaN or infinity at element 2 of y [2, 3] f32 ([square] y), and nothing before it did; it read x [2, 3] f32",
      );
    }
    expect(device.stats.live).toBe(live);
  });

  it("finds it in a backward pass and in a captured step", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = tensor(device, [3, 0]);
    const step = () =>
      valueAndGrad(() => sum(scale(div(x, square(square(x))), 0)), new Map([["x", x]])).value;
    await expect(device.trapNonFinite(step)).rejects.toThrow(
      "[div.forward] wrote NaN or infinity at element 1",
    );
    using captured = capture(device, ({ t }: Readonly<Record<"t", Tensor>>) => ({
      y: sum(exp(scale(t, 100))),
    }));
    const run = (value: number) => captured.run({ t: { shape: [2], data: Float32Array.of(0, value) } });
    run(0);
    run(0);
    await expect(device.trapNonFinite(() => run(1))).rejects.toThrow(
      "[fused scale.forward(x0) exp.forward(v0)] wrote NaN or infinity at element 1 of y [2] f32 ([exp] y)",
    );
    expect(await run(0).y.item()).toBe(2);
  });

  it("looks through f16 too, but not at what fills up the last word", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const words = device.pool.acquire(256, { label: "stale", shape: [64], dtype: "u32" });
    device.upload({ pooled: words, bytes: 256 }, new Uint32Array(64).fill(0x7c00_7c00));
    device.pool.release(words);
    const narrow = (values: number[]) =>
      device.trapNonFinite(() => cast(tensor(device, values), "f16").read());
    expect([...(await narrow([1, 65_504, -2]))]).toEqual([1, 65_504, -2]);
    await expect(narrow([1, 7e4, 3])).rejects.toThrow(
      "[cast.f32.f16] wrote NaN or infinity at element 1 of y [3] f16 ([cast] y), and nothing before it did; it read x [3] f32",
    );
    await expect(narrow([1, 2, 3, 4, -7e4, 8e4])).rejects.toThrow("at element 4 of y [6] f16");
    // An f16 tensor of an odd size whose last word holds infinity past its end.
    const odd = tensor(device, [1, 2, 3], [3], "f16");
    device.upload(odd.binding, Uint32Array.of(0x4000_3c00, 0x7c00_4200));
    expect([...(await device.trapNonFinite(() => scale(odd, 2).read()))]).toEqual([2, 4, 6]);
  });

  it("watches what copies and fills write, and no place that they left as it was", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    await expect(device.trapNonFinite(() => full(device, [4], Infinity))).rejects.toThrow(
      "[tensor.fill] wrote",
    );
    const x = tensor(device, [1, 2, 3, 4]);
    await expect(device.trapNonFinite(() => pad(x, [[1, 0]], -Infinity))).rejects.toThrow(
      "[layout.pad] wrote",
    );
    // Each of several dispatches fills a part of the whole, whose memory holds what was there before.
    const stale = device.pool.acquire(4 * 4 * 20, { label: "stale", shape: [80], dtype: "u32" });
    device.upload({ pooled: stale, bytes: 320 }, new Uint32Array(80).fill(0x7fc0_0000));
    device.pool.release(stale);
    const joined = await device.trapNonFinite(() =>
      concat(
        Array.from({ length: 20 }, () => x),
        0,
      ),
    );
    expect(await joined.read()).toEqual(Float32Array.from({ length: 80 }, (_, i) => (i % 4) + 1));
  });

  it("counts the elements of what is bound in parts from the beginning of the tensor", async () => {
    const device = await narrowDevice(2 ** 20);
    using _scope = device.scope();
    const values = new Float32Array(700_000).fill(1).fill(-1, 600_000);
    for (const dtype of ["f32", "f16"] as const) {
      const x = tensor(device, values, [700, 1000], dtype);
      await expect(device.trapNonFinite(() => log(x))).rejects.toThrow(
        `wrote NaN or infinity at element 600000 of y [700, 1000] ${dtype} ([log] y)`,
      );
    }
  });

  it("gives the value where all is finite, and watches nothing after it", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const largest = Math.fround(3.4028234e38);
    expect(await device.trapNonFinite(() => scale(tensor(device, [largest]), -1).item())).toBe(-largest);
    expect(await square(tensor(device, [1e30])).item()).toBe(Number.POSITIVE_INFINITY);
    await expect(
      device.trapNonFinite(() => {
        throw new Error("in the step");
      }),
    ).rejects.toThrow("in the step");
    expect(await square(tensor(device, [1e30])).item()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what looks at all that is dispatched", () => {
  it("is refused while the same is under way, and goes on after it", async () => {
    const device = await testDevice();
    const x = zeros(device, [4]);
    const product = () => matmul(reshape(x, [2, 2]), reshape(x, [2, 2])).dispose();
    const looks: readonly (readonly [string, (fn: () => unknown) => Promise<unknown>])[] = [
      ["countFlop", (fn) => device.countFlop(fn)],
      ["trapNonFinite", (fn) => device.trapNonFinite(fn)],
      ...(device.info.features.has("timestamp-query")
        ? ([["profile", (fn: () => unknown) => device.profile(fn as () => void)]] as const)
        : []),
    ];
    for (const [name, look] of looks) {
      const one = look(product);
      await expect(look(product)).rejects.toThrow(
        `[${name}] another call of it is under way: await that one first`,
      );
      await one;
      await expect(look(() => look(product))).rejects.toThrow(`[${name}] another call of it`);
      await look(product);
    }
    x.dispose();
  });
});

describe("a lost device", () => {
  it("is an error of its own, and another device goes on from a copy", async () => {
    const lost = await Device.open();
    const weight = tensor(lost, [1, 2]);
    const saved = await weight.read();
    const captured = capture(lost, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: mul(x, weight) }));
    lost.gpu.destroy();
    await lost.gpu.lost;
    await expect(weight.read()).rejects.toThrow(DeviceLostError);
    expect(() => captured.run({ x: { shape: [2], data: Float32Array.of(1, 1) } })).toThrow(DeviceLostError);
    expect(() => scale(weight, 2).write([1, 2])).toThrow("Open a new one and load the last checkpoint");
    const next = await Device.open();
    using _scope = next.scope();
    expect(await scale(tensor(next, saved), 3).read()).toEqual(Float32Array.of(3, 6));
  });
});
