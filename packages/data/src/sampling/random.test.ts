/** @file Philox against its published vectors, and the stream's state, bounds and permutations. */
import { expect, test } from "vitest";
import { below, createRandom, permutation, philox4x32, uint32, uniform } from "./random.ts";

test("philox4x32-10 gives Random123's known answers", () => {
  expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
    0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
  ]);
  expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

test("a stream goes on with the same numbers after its state went through JSON", () => {
  const random = createRandom(2 ** 40 + 7, 3, 5);
  for (let i = 0; i < 6; i++) uint32(random);
  const restored = JSON.parse(JSON.stringify(random)) as typeof random;
  const expected = Array.from({ length: 10 }, () => uint32(random));
  expect(Array.from({ length: 10 }, () => uint32(restored))).toEqual(expected);
});

test("seeds and streams differ from each other", () => {
  const keys = [[1], [2], [2 ** 32 + 1], [1, 1], [1, 0, 1], [1, 0, 0, 1]] as [number, ...number[]][];
  const values = keys.map((key) => uint32(createRandom(...key)));
  expect(new Set(values).size).toBe(values.length);
});

test("uniform numbers have the mean and variance of [0, 1)", () => {
  const random = createRandom(11);
  const values = Array.from({ length: 20_000 }, () => uniform(random));
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0.5, 1.9);
  expect(variance).toBeCloseTo(1 / 12, 2);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
});

test("below reaches every value and permutation keeps every element", () => {
  const random = createRandom(5);
  expect(new Set(Array.from({ length: 200 }, () => below(random, 7))).size).toBe(7);
  const order = permutation(random, 100);
  expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...order]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("bad seeds and streams are named", () => {
  expect(() => createRandom(-1)).toThrow(
    "[random] the seed must be a non-negative integer below 2^53, got -1",
  );
  expect(() => createRandom(0.5)).toThrow("got 0.5");
  expect(() => createRandom(1, 1, 2, 3, 4)).toThrow("at most 3 integers, got [1, 2, 3, 4]");
});
