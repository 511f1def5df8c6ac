/** @file Which variant is chosen, by a clock that the candidates move. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { compareVariants } from "./compareVariants.ts";

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

const device = { synchronize: () => Promise.resolve() };

/** Takes the given milliseconds one after another, and then always the last; counts its runs. */
function candidate(name: string, ...times: number[]) {
  const made = {
    name,
    runs: 0,
    record: () => {
      now += times[Math.min(made.runs++, times.length - 1)] as number;
    },
  };
  return made;
}

const compare = (ms: number) =>
  compareVariants(device, [candidate("usual", 100), candidate("other", ms)], "usual", 3);

it("replaces the default by what is 5 % faster, and by nothing else", async () => {
  expect(await compare(94)).toEqual({
    tried: [
      { name: "other", ms: 94 },
      { name: "usual", ms: 100 },
    ],
    chosen: "other",
  });
  expect((await compare(96)).chosen).toBe("usual");
  expect((await compare(120)).chosen).toBe("usual");
});

it("takes the best time of each, without the first run, which compiles", async () => {
  const usual = candidate("usual", 9000, 100, 80, 90, 70, 90);
  const other = candidate("other", 9, 69, 75);
  const { tried, chosen } = await compareVariants(device, [usual, other], "usual", 3);
  expect(tried).toEqual([
    { name: "other", ms: 69 },
    { name: "usual", ms: 70 },
  ]);
  expect(chosen).toBe("usual");
  expect([usual.runs, other.runs]).toEqual([5, 5]);
});

it("measures what takes twice as long but once, save the default, and runs what is short several times", async () => {
  const [usual, slow, short] = [candidate("usual", 10), candidate("slow", 4), candidate("short", 1.5)];
  const { tried, chosen } = await compareVariants(device, [usual, slow, short], "usual", 2);
  expect(chosen).toBe("short");
  expect(tried.map(({ name }) => name)).toEqual(["short", "slow", "usual"]);
  // Three runs of the fastest are the 4 ms that a measurement takes at least.
  expect([usual.runs, slow.runs, short.runs]).toEqual([2 + 2 * 3, 2, 2 + 2 * 3]);
});
