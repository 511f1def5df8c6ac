/** @file Uploads, downloads, and what a device says of rejected work. */

import { describe, expect, it, vi } from "vitest";
import { DeviceError, DeviceLostError } from "../device/deviceError.ts";
import { wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { MemoryError } from "../memory/memoryError.ts";
import { testDevice } from "../testing/testDevice.ts";
import { full, ones, tensor, zeros } from "./create.ts";
import { Device } from "./device.ts";

const broken = {
  label: "test.broken",
  workgroup: 1,
  buffers: { y: write() },
  uniforms: {},
  body: wgsl`
@compute @workgroup_size(WG)
fn main() { y[0] = missing; }`,
} as const satisfies KernelSpec;

describe("Device", () => {
  it("reports rejected work at the next wait or read, once, and goes on", async () => {
    const device = await Device.open();
    using _scope = device.scope();
    const y = zeros(device, [4]);
    const fail = () => device.recorder.dispatch(broken, { y: y.binding }, {}, 1);
    fail();
    await expect(device.synchronize()).rejects.toThrow(DeviceError);
    await device.synchronize();
    fail();
    await expect(y.read()).rejects.toThrow("the GPU rejected recorded work");
    expect(await ones(device, [2]).read()).toEqual(Float32Array.of(1, 1));
  });

  it("names the tensor that it had no memory for, not the work that was rejected for want of it", async () => {
    const device = await Device.open();
    const refusal = { message: "out of memory" } as GPUError;
    vi.spyOn(device.gpu, "popErrorScope").mockResolvedValueOnce(refusal);
    using _scope = device.scope();
    const y = ones(device, [1000, 300]);
    device.recorder.dispatch(broken, { y: y.binding }, {}, 1);
    await expect(y.read()).rejects.toThrow(MemoryError);
    expect((await ones(device, [1000, 300]).read())[0]).toBe(1);
    device.dispose();
  });

  it("says what to do once it is lost, again and again", async () => {
    const device = await Device.open();
    const x = ones(device, [2]);
    device.gpu.destroy();
    await device.gpu.lost;
    await expect(x.read()).rejects.toThrow("the device is lost");
    for (let i = 0; i < 2; i++) {
      expect(() => device.flush()).toThrow("the device is lost (destroyed");
      expect(() => device.flush()).toThrow("Open a new one and load the last checkpoint");
    }
  });

  it("can be disposed of, also while a result is read, and says so from then on", async () => {
    let device: Device;
    {
      using opened = await Device.open();
      device = opened;
      const read = ones(device, [2]).read();
      device.dispose();
      await expect(read).rejects.toThrow("the device was disposed of: open another one");
    }
    expect(() => device.flush()).toThrow(DeviceLostError);
    await device.gpu.lost;
    expect(() => device.flush()).toThrow("the device was disposed of");
  });

  it("does not open again a scope that ends while none counts as open", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const scope = device.scope();
    zeros(device, [2]);
    device.unscoped(() => scope[Symbol.dispose]());
    expect([device.currentScope, device.stats.live]).toEqual([undefined, live]);
  });

  it("says what it is", async () => {
    const { info } = await testDevice();
    expect(info.description).not.toBe("");
    const plain = await testDevice(["subgroups"]);
    expect(plain.info.features.has("subgroups")).toBe(false);
    expect([plain.info.subgroupMinSize, plain.info.subgroupMaxSize]).toEqual([0, 0]);
  });
});

describe("tensors on the host and the device", () => {
  it("take arrays of any kind, and views of shared memory", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const shared = new Float32Array(new SharedArrayBuffer(32), 8, 3);
    shared.set([1, 2, 3]);
    expect(await tensor(device, shared).read()).toEqual(Float32Array.of(1, 2, 3));
    expect(await tensor(device, Float32Array.of(9, 1, 2).subarray(1)).read()).toEqual(Float32Array.of(1, 2));
    expect(await tensor(device, Int8Array.of(1, -1), [2], "i32").read()).toEqual(Int32Array.of(1, -1));
    expect(await tensor(device, Float64Array.of(2 ** 32 - 1), [], "u32").read()).toEqual(
      Uint32Array.of(2 ** 32 - 1),
    );
    expect(await full(device, [3], 2.5).read()).toEqual(Float32Array.of(2.5, 2.5, 2.5));
    expect(await zeros(device, [2, 0]).read()).toEqual(new Float32Array(0));
  });

  it("keep the order of writes and reads", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2]);
    const before = x.read();
    x.write([5, 6]);
    const after = x.read();
    expect(await before).toEqual(Float32Array.of(0, 0));
    expect(await after).toEqual(Float32Array.of(5, 6));
  });

  it("name a wrong count, dimension or rank", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => tensor(device, [1, 2, 3], [2, 2])).toThrow("[tensor] [2, 2] needs 4 values, got 3");
    expect(() => zeros(device, [2, -1])).toThrow("[full] every dimension must be a whole number >= 0");
    expect(() => tensor(device, [1], [1.5])).toThrow(
      "[tensor] every dimension must be a whole number >= 0, got [1.5]",
    );
    expect(() => zeros(device, [2]).write([1])).toThrow("[write] [2] holds 2 values, got 1");
    await expect(zeros(device, [2]).item()).rejects.toThrow("[item] needs one element, [2] has 2");
  });
});

describe("opening", () => {
  it("refuses numbers that it cannot keep to", async () => {
    for (const memoryBudgetBytes of [Number.NaN, 0, -1]) {
      await expect(Device.open({ memoryBudgetBytes })).rejects.toThrow(
        `[Device.open] memoryBudgetBytes must be a number of bytes above 0, got ${memoryBudgetBytes}`,
      );
    }
    for (const maxBindingBytes of [Number.NaN, 0, 1.5, 2 ** 40]) {
      await expect(Device.open({ maxBindingBytes })).rejects.toThrow(
        /^\[Device.open\] maxBindingBytes must be a whole number from 1 to \d+, .* got [\w.]+: leave it out for that$/,
      );
    }
    using device = await Device.open({ memoryBudgetBytes: Number.POSITIVE_INFINITY });
    expect(device.memoryReport().budgetBytes).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("reading back", () => {
  it("takes a buffer of the size that is read, which the device counts and trims with its memory", async () => {
    const device = await Device.open({ memoryBudgetBytes: 2 ** 20 });
    using _scope = device.scope();
    const x = zeros(device, [100_000]);
    const part = x.range(128, [10]);
    expect([...(await part.read())]).toEqual(Array.from({ length: 10 }, () => 0));
    expect(device.stats.stagingBytes).toBe(256);
    await x.read();
    expect(device.memoryReport().stagingBytes).toBe(256 + 2 ** 16 * 7);
    expect(() => zeros(device, [200_000])).toThrow("of the budget of 1048576 are in use");
    expect(device.stats.stagingBytes).toBe(0);
    expect((await part.read()).length).toBe(10);
  });

  it("keeps nothing of what is larger than 16 MiB", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = zeros(device, [2 ** 22 + 1]);
    const { stagingBytes } = device.stats;
    await x.read();
    expect(device.stats.stagingBytes).toBeLessThanOrEqual(Math.max(stagingBytes, 2 ** 24));
  });

  it("hands what it keeps to the scope around it, where no scope is seen", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    {
      using _outer = device.scope();
      using inner = device.scope();
      const x = zeros(device, [3]);
      device.unscoped(() => inner.keep(x));
    }
    expect(device.stats.live).toBe(live);
    expect(() => device.unscoped(() => Promise.resolve(zeros(device, [3]).dispose()))).toThrow(
      "[unscoped] the function must not be async",
    );
  });
});
