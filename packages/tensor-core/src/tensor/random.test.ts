/** @file The generator against the published vectors of Random123, and its streams. */

import { describe, expect, it } from "vitest";
import { philox, Random } from "./random.ts";

describe("philox", () => {
  // Random123, tests/kat_vectors, "philox4x32 10".
  it.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ] as const)("gives the known answer for %j, %j", (counter, key, want) => {
    expect([...philox(counter, key)].map((word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(want);
  });
});

const draw = (random: Random) => Array.from({ length: 4 }, () => random.bits()).join();
const sources = () => [
  new Random(1),
  new Random(2),
  new Random(1, 1),
  new Random(1).fork("weight"),
  new Random(1).fork("bias"),
];

describe("Random", () => {
  it("draws the words of its blocks in order", () => {
    const random = new Random(7, 3);
    const drawn = Array.from({ length: 8 }, () => random.bits());
    expect(drawn).toEqual([...philox([0, 0, 3, 0], [7, 0]), ...philox([1, 0, 3, 0], [7, 0])]);
  });

  it("gives each seed, stream and name numbers of its own, the same every time", () => {
    const drawn = sources().map(draw);
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(sources().map(draw)).toEqual(drawn);
  });

  it("goes on from a position as if it had not stopped, within a block, after a skip and beyond 2^32 blocks", () => {
    const random = new Random(7, 3);
    const positions: number[] = [];
    const goesOn = (from: Random) => {
      const { seed, stream, position } = from;
      positions.push(position);
      const other = new Random(seed, stream, position);
      expect(other.position).toBe(position);
      expect(draw(other)).toBe(draw(from)); // four words, so that the place within a block stays
    };
    for (let drawn = 0; drawn < 5; drawn++) {
      goesOn(random);
      random.bits();
    }
    random.skipBlocks(2 ** 33); // what is left of the seventh block is skipped too
    goesOn(random);
    expect(positions).toEqual([0, 5, 10, 15, 20, 2 ** 35 + 28]);
    for (const position of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => new Random(1, 0, position)).toThrow(
        `[Random] position must be a whole number >= 0, got ${position}`,
      );
    }
  });

  it("names a seed or a stream that is no word of 32 bits", () => {
    expect([new Random(2 ** 32 - 1, 2 ** 32 - 1).seed, new Random(0).stream]).toEqual([2 ** 32 - 1, 0]);
    for (const word of [-1, 1.9, Number.NaN, 2 ** 32, Infinity]) {
      const rule = `must be a whole number from 0 to 2^32 - 1, got ${word}`;
      expect(() => new Random(word)).toThrow(`[Random] seed ${rule}`);
      expect(() => new Random(1, word)).toThrow(`[Random] stream ${rule}`);
    }
  });

  it("stays below the end of a range that has few numbers", () => {
    for (const [low, high] of [
      [2 ** 52, 2 ** 52 + 2],
      [-1 - 2 ** -51, -1],
      [1 - 2 ** -52, 1],
      [-(2 ** 53) - 2, -(2 ** 53)],
    ] as const) {
      const random = new Random(9);
      const drawn = Array.from({ length: 200 }, () => random.uniform(low, high));
      expect(Math.min(...drawn)).toBe(low);
      expect(Math.max(...drawn)).toBeLessThan(high);
    }
    const random = new Random(9);
    expect([random.uniform(3, 3), random.uniform(2 ** 53, 2 ** 53 + 1)]).toEqual([3, 2 ** 53]);
    const falling = Array.from({ length: 200 }, () => random.uniform(1, -1));
    expect(new Set(falling).size).toBe(200);
  });

  it("has the moments of its distributions", () => {
    const random = new Random(5);
    const count = 20_000;
    const uniform = Array.from({ length: count }, () => random.uniform(2, 4));
    const normal = Array.from({ length: count }, () => random.normal(1, 3));
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / count;
    const deviation = (values: number[]) => {
      const center = mean(values);
      return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
    };
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThan(4);
    expect(mean(uniform)).toBeCloseTo(3, 1);
    expect(deviation(uniform)).toBeCloseTo(2 / Math.sqrt(12), 1);
    // Four standard errors of the mean are 0.085, of the deviation 0.06.
    expect(Math.abs(mean(normal) - 1)).toBeLessThan(0.085);
    expect(Math.abs(deviation(normal) - 3)).toBeLessThan(0.06);
  });
});
