/** @file What is kept of the buffers that results are read back through. */

import { describe, expect, it } from "vitest";
import { zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { testDevice } from "../testing/testDevice.ts";
import { StagingPool } from "./stagingPool.ts";

describe("StagingPool", () => {
  it("hands a buffer out again, keeps no more bytes than it may, and none after trim", async () => {
    const { gpu } = await testDevice();
    const pool = new StagingPool(gpu, 1024);
    const [a, b] = [pool.take(300), pool.take(300)];
    expect([a.size, pool.bytes]).toEqual([320, 640]);
    pool.give(a);
    expect(pool.take(310)).toBe(a);
    pool.give(a);
    pool.give(b);
    const c = pool.take(600);
    expect([c.size, pool.bytes]).toEqual([640, 1280]);
    pool.give(c); // a, given back longest ago, goes
    expect(pool.bytes).toBe(960);
    expect(pool.take(300)).toBe(b);
    pool.give(pool.take(2000)); // more than may be kept
    expect(pool.bytes).toBe(320);
    pool.drop(b);
    expect(pool.bytes).toBe(0);
    pool.give(pool.take(1));
    pool.trim();
    expect(pool.bytes).toBe(0);
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
});
