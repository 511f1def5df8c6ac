/** @file Parts and windows: aligned, within what is bound, and none left out. */

import { describe, expect, it } from "vitest";
import { zeros } from "./create.ts";
import { Device } from "./device.ts";
import { recordByWindows, type Span, type Window } from "./recordByWindows.ts";
import { rangeAlignment } from "./tensor.ts";

type Reach = (first: number, count: number) => Span;

async function windowsOf(size: number, source: number, maxBindingBytes: number, reach: Reach) {
  using device = await Device.open({ maxBindingBytes, tuned: false });
  const windows: Window[] = [];
  recordByWindows({ y: zeros(device, [size]) }, { x: zeros(device, [source]) }, reach, ({ x, y }, window) => {
    windows.push(window);
    expect([y.size, x.size]).toEqual([window.count, window.length]);
    expect((y.binding.offset ?? 0) / 4).toBe(window.first);
    expect((x.binding.offset ?? 0) / 4).toBe(window.from);
  });
  return windows;
}

describe("parts and windows", () => {
  it.each<[string, number, number, Reach]>([
    ["what is copied as it is", 1000, 1000, (first, count) => [first, first + count]],
    ["what is copied from an odd place", 1000, 1007, (first, count) => [first + 7, first + count + 7]],
    ["every fifth", 1000, 5000, (first, count) => [5 * first, 5 * (first + count - 1) + 1]],
    ["what comes from anywhere", 1000, 3000, () => [0, 3000]],
    ["what comes from one place", 1000, 1, () => [0, 1]],
    ["what comes from the last place", 1000, 1025, () => [1024, 1025]],
  ])("hold %s", async (_, size, source, reach) => {
    const windows = await windowsOf(size, source, 1111, reach);
    let next = 0;
    for (const { first, count, from, length } of windows) {
      expect([first % rangeAlignment, from % rangeAlignment]).toEqual([0, 0]);
      expect(Math.max(count, length) * 4).toBeLessThanOrEqual(1111);
      if (first === next) next += count; // the first window of a part
    }
    expect(next).toBe(size);
    for (const first of new Set(windows.map((window) => window.first))) {
      const own = windows.filter((window) => window.first === first);
      const [low, end] = reach(first, own[0]?.count ?? 0);
      expect(own[0]?.from).toBeLessThanOrEqual(low);
      // In order, without a gap.
      own.forEach(({ from }, i) => i > 0 && expect(from).toBe(own[i - 1]!.from + own[i - 1]!.length));
      expect(own.at(-1)!.from + own.at(-1)!.length).toBeGreaterThanOrEqual(end);
    }
  });

  it("are written where nothing is read", async () => {
    const windows = await windowsOf(600, 10, 1024, () => [10, 10]);
    expect(windows).toEqual([
      { first: 0, count: 256, from: 0, length: 0 },
      { first: 256, count: 256, from: 0, length: 0 },
      { first: 512, count: 88, from: 0, length: 0 },
    ]);
  });

  it("are smaller where one window is then enough", async () => {
    const windows = await windowsOf(512, 1024, 2048, (first, count) => [2 * first, 2 * (first + count)]);
    expect(windows.map(({ count, length }) => [count, length])).toEqual([
      [256, 512],
      [256, 512],
    ]);
  });

  it("are all where the device binds too little to cut", async () => {
    const windows = await windowsOf(300, 400, 511, () => [5, 6]);
    expect(windows).toEqual([{ first: 0, count: 300, from: 0, length: 400 }]);
  });
});
