/** @file Random crops of any shape: what they cover, and that they lie in the image. */
import { expect, test } from "vitest";
import { cropAxis, drawCrop } from "./cropAxes.ts";
import { createRandom } from "./random.ts";

const crop = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
const mutable = { area: [...crop.area] as [number, number], aspect: [...crop.aspect] as [number, number] };

test("area and aspect are drawn from their ranges, and the crop fits", () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 2000 }, () => drawCrop(random, mutable));
  const areas = drawn.map(([width, height]) => width * height);
  const ratios = drawn.map(([width, height]) => width / height);
  for (const [width, height] of drawn) expect(Math.max(width, height)).toBeLessThanOrEqual(1);
  expect(Math.min(...areas)).toBeGreaterThan(0.079);
  expect(Math.min(...areas)).toBeLessThan(0.1);
  expect(Math.max(...areas)).toBeGreaterThan(0.9);
  expect(Math.min(...ratios)).toBeGreaterThan(0.749);
  expect(Math.min(...ratios)).toBeLessThan(0.76);
  expect(Math.max(...ratios)).toBeLessThan(1.334);
  expect(Math.max(...ratios)).toBeGreaterThan(1.32);
});

test("what never fits gives the whole image", () => {
  expect(drawCrop(createRandom(1), { area: [0.9, 1], aspect: [3, 4] })).toEqual([1, 1]);
});

test("ranges are checked", () => {
  const random = createRandom(1);
  expect(() => drawCrop(random, { ...mutable, area: [0, 1] })).toThrow(
    "area must be a range within (0, 1], got 0 to 1",
  );
  expect(() => drawCrop(random, { ...mutable, aspect: [2, 1] })).toThrow(
    "aspect must be a range above 0, got 2 to 1",
  );
});

test("a crop of half the edge reads half of the pixels, from its offset on", () => {
  const { near, far } = cropAxis(8, 0.5, 1, 0, false);
  expect(Math.min(...near)).toBe(3);
  expect(Math.max(...far)).toBe(7);
  expect([...cropAxis(8, 1, 0.3, 0, true).near]).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
});
