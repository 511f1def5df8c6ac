/** @file What is kept of the buffers that results are read back through. */

import { describe, expect, it } from "vitest";
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

  it("makes no buffer larger than the device can", () => {
    const gpu = { limits: { maxBufferSize: 1000 }, createBuffer: ({ size }: { size: number }) => ({ size }) };
    expect(new StagingPool(gpu as unknown as GPUDevice).take(990).size).toBe(1000);
  });
});
