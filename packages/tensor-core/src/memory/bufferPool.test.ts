/** @file The pool's classes, its order, its counts and its budget. */

import { describe, expect, it } from "vitest";
import { testDevice } from "../testing/testDevice.ts";
import { BufferPool, type PooledBuffer, sizeClass } from "./bufferPool.ts";
import { MemoryError } from "./memoryError.ts";

const owner = (label: string) => ({ label, shape: [2, 3], dtype: "f32" });

describe("sizeClass", () => {
  it("has four classes per power of two and wastes at most a fifth", () => {
    expect([0, 1, 256, 257, 320, 321, 1024, 1025, 1280, 1281].map(sizeClass)).toEqual([
      256, 256, 256, 320, 320, 384, 1024, 1280, 1280, 1536,
    ]);
    for (let bytes = 256; bytes < 1e7; bytes = Math.ceil(bytes * 1.07)) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect((size - bytes) / size).toBeLessThan(0.2);
      expect(size % 16).toBe(0);
      expect(sizeClass(size)).toBe(size);
    }
  });
});

describe("BufferPool", () => {
  it("hands out the buffer of the lowest number, and the same ones in every turn of a loop", async () => {
    const { gpu } = await testDevice();
    const pool = new BufferPool(gpu);
    const [a, b] = [pool.acquire(300, owner("a")), pool.acquire(310, owner("b"))];
    pool.release(b);
    pool.release(a);
    expect(pool.acquire(305, owner("c"))).toBe(a);
    expect(pool.acquire(305, owner("d"))).toBe(b);
    pool.release(a);
    pool.release(b);
    const turn = (order: readonly number[]) => {
      const held = [300, 600, 300, 310, 4000].map((bytes) => pool.acquire(bytes, owner("turn")));
      for (const i of order) pool.release(held[i] as PooledBuffer);
      return held.map(({ id }) => id);
    };
    const first = turn([0, 1, 2, 3, 4]);
    expect(turn([3, 0, 4, 2, 1])).toEqual(first);
    expect(turn([4, 3, 2, 1, 0])).toEqual(first);
    pool.trim();
    expect(pool.stats).toMatchObject({ allocatedBytes: 0, usedBytes: 0, live: 0 });
  });

  it("counts bytes in use, their peak, and buffers", async () => {
    const { gpu } = await testDevice();
    const pool = new BufferPool(gpu);
    const [a, b] = [pool.acquire(256, owner("a")), pool.acquire(1000, owner("b"))];
    pool.release(b);
    expect(pool.stats).toEqual({
      allocatedBytes: 256 + 1024,
      usedBytes: 256,
      peakBytes: 256 + 1024,
      created: 2,
      live: 1,
    });
    pool.release(a);
    pool.trim();
  });

  it("frees a buffer with its last hold", async () => {
    const { gpu } = await testDevice();
    const pool = new BufferPool(gpu);
    const a = pool.acquire(256, owner("a"));
    pool.hold(a);
    pool.release(a);
    expect(pool.stats.live).toBe(1);
    expect(pool.acquire(256, owner("b"))).not.toBe(a);
    pool.release(a);
    expect(pool.acquire(256, owner("c"))).toBe(a);
  });

  it("destroys unused buffers before it gives up", async () => {
    const { gpu } = await testDevice();
    const pool = new BufferPool(gpu, 2048);
    pool.release(pool.acquire(2048, owner("a")));
    const b = pool.acquire(1024, owner("b"));
    expect(pool.stats.allocatedBytes).toBe(1024);
    expect(() => pool.acquire(1280, owner("c"))).toThrow(MemoryError);
    expect(() => pool.acquire(1280, owner("c"))).toThrow(
      "c, a tensor of [2, 3] f32, needs 1280 bytes; 1024 of the budget of 2048 are in use, most by b [2, 3] with 1024 bytes. Use",
    );
    pool.release(b);
    pool.trim();
  });

  it("names what no buffer of the device can hold", async () => {
    const { gpu } = await testDevice();
    const limit = gpu.limits.maxBufferSize;
    expect(() => new BufferPool(gpu).acquire(limit + 4, owner("big"))).toThrow(
      `big, a tensor of [2, 3] f32, needs ${limit + 4} bytes, more than the ${limit} that a buffer of this device may have`,
    );
  });

  it("tells of a large buffer that the device has no memory for, and hands it out no more", async () => {
    const created: string[] = [];
    const answers: (GPUError | null)[] = [null, { message: "the heap is full" } as GPUError, null];
    const gpu = {
      limits: { maxBufferSize: 2 ** 31 },
      createBuffer: ({ size }: GPUBufferDescriptor) => ({ destroy: () => created.push(`-${size}`) }),
      pushErrorScope: (kind: string) => created.push(kind),
      popErrorScope: () => Promise.resolve(answers.shift() ?? null),
    } as unknown as GPUDevice;
    const errors: MemoryError[] = [];
    const pool = new BufferPool(
      gpu,
      undefined,
      () => {},
      (error) => errors.push(error),
    );
    const small = pool.acquire(1000, owner("small"));
    expect(created).toEqual([]);
    const [a, b] = [pool.acquire(2 ** 20, owner("a")), pool.acquire(2 ** 20, owner("b"))];
    await Promise.resolve();
    await Promise.resolve();
    expect(created).toEqual(["out-of-memory", "out-of-memory"]);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        "b, a tensor of [2, 3] f32, needs 1048576 bytes, and the device has no memory left for it (the heap is full); 2098176 are in use, most by a",
      ),
    ]);
    pool.release(b);
    expect(created.at(-1)).toBe("-1048576");
    pool.release(a);
    expect(pool.acquire(2 ** 20, owner("c"))).toBe(a);
    expect(pool.acquire(2 ** 20, owner("d"))).not.toBe(b);
    expect(pool.stats).toMatchObject({ allocatedBytes: 1024 + 2 ** 21, usedBytes: 1024 + 2 ** 21, live: 3 });
    pool.release(small);
  });
});
