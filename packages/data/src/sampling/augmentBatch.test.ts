/** @file Augmentation against hand-made images: identity, mirror, crop, tones, clipping and repeatability. */
import { expect, test } from "vitest";
import { imageBlock, type ImageSet } from "../images/imageSet.ts";
import { augmentBatch, defaultAugmentation, flipViews, simclrAugmentation } from "./augmentBatch.ts";
import type { Augmentation } from "./augmentBatch.ts";
import { compressBatch } from "./compressBatch.ts";
import { channelStatistics, normalizeBatch } from "./normalization.ts";
import { blurPlanes } from "./blurPlanes.ts";
import { createRandom, below } from "./random.ts";

const still: Augmentation = {
  ...defaultAugmentation,
  flip: 0,
  minScale: 1,
  brightness: 0,
  contrast: 0,
  saturation: 0,
};

function drawn(
  size: number,
  count: number,
  value: (i: number, x: number, y: number, c: number) => number,
): ImageSet {
  const pixels = Uint8Array.from({ length: count * size * size * 3 }, (_, k) => {
    const pixel = Math.floor(k / 3);
    const image = Math.floor(pixel / size ** 2);
    return value(image, pixel % size, Math.floor(pixel / size) % size, k % 3);
  });
  return imageBlock(pixels, size);
}

const { mean, std } = channelStatistics.clip;

/** Undoes the normalisation of one number. */
function byteOf(value: number, channel: number): number {
  return 255 * (value * (std[channel] as number) + (mean[channel] as number));
}

const random = createRandom(3);
const noise = drawn(16, 4, () => below(random, 256));
const position = { seed: 5, step: 9 };

function largestGap(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

test("normalised planes hold (v / 255 - mean) / std", () => {
  const out = normalizeBatch(noise, [2]);
  const [x, y, channel] = [5, 11, 1];
  const byte = noise.pixels(2)[(y * 16 + x) * 3 + channel] as number;
  expect(out[(channel * 16 + y) * 16 + x]).toBeCloseTo((byte / 255 - 0.4578275) / 0.26130258, 5);
});

test("either set of statistics is used throughout", () => {
  const own = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } as const;
  const planes = new Float32Array(768);
  const out = normalizeBatch(noise, [2], new Float32Array(768), own);
  expect(largestGap(augmentBatch(noise, [2], position, still, planes, own), out)).toBeLessThan(1e-5);
  expect(out[512]).toBeCloseTo(((noise.pixels(2)[2] as number) / 255 - 0.3) / 0.6, 5);
});

test("without change, augmenting is normalising", () => {
  const indices = [3, 0, 3];
  expect(
    largestGap(augmentBatch(noise, indices, position, still), normalizeBatch(noise, indices)),
  ).toBeLessThan(1e-5);
});

test("a certain flip mirrors each row", () => {
  const flipped = augmentBatch(noise, [1], position, { ...still, flip: 1 });
  const mirrored = normalizeBatch(
    drawn(16, 4, (i, x, y, c) => noise.pixels(i)[(y * 16 + (15 - x)) * 3 + c] as number),
    [1],
  );
  expect(largestGap(flipped, mirrored)).toBeLessThan(1e-5);
});

test("a crop of a ramp is a ramp of a gentler slope that lies inside the image", () => {
  const ramp = drawn(32, 1, (_, x, y, c) => (c === 0 ? x * 4 : y * 4));
  for (let step = 0; step < 20; step++) {
    const out = augmentBatch(ramp, [0], { seed: 1, step }, { ...still, minScale: 0.6 });
    const red = Array.from({ length: 32 }, (_, x) => byteOf(out[10 * 32 + x] as number, 0) / 4);
    const slope = ((red[20] as number) - (red[10] as number)) / 10;
    expect(slope).toBeGreaterThanOrEqual(0.599);
    expect(slope).toBeLessThan(1.001);
    for (let x = 11; x < 20; x++) expect((red[x] as number) - (red[x - 1] as number)).toBeCloseTo(slope, 3);
    expect(red[0]).toBeGreaterThanOrEqual(-0.001);
    expect(red[31]).toBeLessThan(31.001);
    const green = (y: number): number => byteOf(out[(32 + y) * 32 + 7] as number, 1) / 4;
    expect((green(20) - green(10)) / 10).toBeCloseTo(slope, 3);
  }
});

test("crops lie evenly in the image: their centre is its centre on average", () => {
  const ramp = drawn(16, 1, (_, x) => x * 8);
  let sum = 0;
  for (let step = 0; step < 6000; step++) {
    const out = augmentBatch(ramp, [0], { seed: 4, step }, { ...still, minScale: 0.6 });
    sum += (byteOf(out[7] as number, 0) + byteOf(out[8] as number, 0)) / 16;
  }
  expect(Math.abs(sum / 6000 - 7.5)).toBeLessThan(0.05);
});

test("a shift moves by whole pixels either way, and repeats the edge", () => {
  const ramp = drawn(16, 1, (_, x, y, c) => (c === 0 ? x * 8 : y * 8));
  const moves = new Set<number>();
  for (let step = 0; step < 60; step++) {
    const out = augmentBatch(ramp, [0], { seed: 2, step }, { ...still, shift: 2 });
    const red = Array.from({ length: 16 }, (_, x) => byteOf(out[x] as number, 0) / 8);
    const move = Math.round((red[8] as number) - 8);
    moves.add(move);
    red.forEach((value, x) => expect(value).toBeCloseTo(Math.min(15, Math.max(0, x + move)), 3));
  }
  expect([...moves].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
});

test("on an even grey, contrast adds nothing to brightness", () => {
  const grey = drawn(8, 1, () => 100);
  for (let step = 0; step < 10; step++) {
    const bright = augmentBatch(grey, [0], { seed: 1, step }, { ...still, brightness: 0.3 });
    const both = augmentBatch(grey, [0], { seed: 1, step }, { ...still, brightness: 0.3, contrast: 0.4 });
    expect(largestGap(both, bright)).toBeLessThan(1e-5);
  }
});

test("brightness scales, contrast keeps the mean grey, saturation keeps each grey, and all are clipped", () => {
  const grey = drawn(8, 1, () => 100);
  const tones = new Set<number>();
  for (let step = 0; step < 30; step++) {
    const brighter = byteOf(
      augmentBatch(grey, [0], { seed: 1, step }, { ...still, brightness: 0.3 })[0] as number,
      0,
    );
    expect(brighter).toBeGreaterThan(69.9);
    expect(brighter).toBeLessThan(130.1);
    tones.add(Math.round(brighter));
    const same = augmentBatch(grey, [0], { seed: 1, step }, { ...still, contrast: 0.5, saturation: 0.5 });
    expect(byteOf(same[0] as number, 0)).toBeCloseTo(100, 3);
  }
  expect(tones.size).toBeGreaterThan(15);
  const white = drawn(8, 1, () => 255);
  for (let step = 0; step < 10; step++) {
    const out = augmentBatch(white, [0], { seed: 2, step }, { ...still, brightness: 0.9, contrast: 0.9 });
    expect(byteOf(out[0] as number, 0)).toBeLessThan(255.001);
  }
});

test("a certain grey has equal channels, of the image's luma", () => {
  const grey = augmentBatch(noise, [1], position, { ...still, grayscale: 1 });
  const pixels = noise.pixels(1);
  for (let i = 0; i < 256; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => pixels[3 * i + c] as number) as [number, number, number];
    for (const c of [0, 1, 2]) {
      expect(byteOf(grey[256 * c + i] as number, c)).toBeCloseTo(0.299 * r + 0.587 * g + 0.114 * b, 2);
    }
  }
});

test("a blur is a Gaussian: a point becomes its product, and nothing is lost", () => {
  const size = 31;
  const [sigma, middle] = [1.7, 15];
  const planes = new Float32Array(size * size);
  planes[middle * size + middle] = 1;
  blurPlanes(planes, size, sigma);
  const line = (distance: number): number => Math.exp(-(distance ** 2) / (2 * sigma ** 2));
  let total = 0;
  for (let d = -6; d <= 6; d++) total += line(d);
  for (const [x, y] of [
    [0, 0],
    [2, 0],
    [0, 3],
    [1, 5],
  ] as const) {
    expect(planes[(middle + y) * size + middle + x]).toBeCloseTo((line(x) * line(y)) / total ** 2, 6);
  }
  expect(planes.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
  const even = new Float32Array(3 * 64).fill(2.5);
  blurPlanes(even, 8, 3);
  for (const value of even) expect(value).toBeCloseTo(2.5, 6);
});

test("a share of the images is blurred, by different widths", () => {
  const gaps = Array.from({ length: 60 }, (_, step) =>
    largestGap(
      augmentBatch(noise, [1], { seed: 1, step }, { ...still, blur: 0.5, blurSigma: 2 }),
      augmentBatch(noise, [1], { seed: 1, step }, still),
    ),
  );
  const blurred = gaps.filter((value) => value > 0);
  expect(blurred.length).toBeGreaterThan(15);
  expect(blurred.length).toBeLessThan(45);
  expect(new Set(blurred).size).toBe(blurred.length);
});

test("two views of a batch differ, and each repeats", () => {
  const view = (which: 0 | 1 | 2) =>
    augmentBatch(noise, [0, 1], { ...position, view: which }, simclrAugmentation);
  expect([...view(1)]).toEqual([...view(1)]);
  expect([...view(1)]).not.toEqual([...view(0)]);
  expect([...view(2)]).not.toEqual([...view(1)]);
  expect([...view(0)]).toEqual([...augmentBatch(noise, [0, 1], position, simclrAugmentation)]);
});

test("FLIP's views turn the hue of a colour that all else would leave", () => {
  const red = drawn(8, 1, (_i, _x, _y, c) => (c === 0 ? 180 : 40));
  const hues = Array.from({ length: 80 }, (_, step) => {
    const image = augmentBatch(red, [0], { seed: 3, step, view: 1 }, { ...flipViews, grayscale: 0, blur: 0 });
    const [r, g, b] = [0, 1, 2].map((c) => byteOf(image[64 * c] as number, c)) as [number, number, number];
    return (g - b) / (r - Math.min(g, b)); // sixths of the circle from red
  });
  const turned = hues.filter((hue) => Math.abs(hue) > 1e-4);
  expect(turned.length).toBeGreaterThan(50); // 0.8 of 80
  expect(turned.length).toBeLessThan(76);
  expect(Math.max(...hues.map(Math.abs))).toBeLessThanOrEqual(0.6 + 1e-4);
  expect(Math.max(...hues)).toBeGreaterThan(0.5);
  expect(Math.min(...hues)).toBeLessThan(-0.5);
});

test("a crop of its own shape covers a share of the area, by its width / height", () => {
  const ramp = drawn(32, 1, (_, x, y, c) => (c === 0 ? x * 4 : y * 4));
  const resizedCrop = { area: [0.2, 0.5], aspect: [1.5, 2] } satisfies Augmentation["resizedCrop"];
  const shapes = Array.from({ length: 40 }, (_, step) => {
    const out = augmentBatch(ramp, [0], { seed: 6, step }, { ...still, resizedCrop });
    const red = (x: number): number => byteOf(out[10 * 32 + x] as number, 0) / 4;
    const green = (y: number): number => byteOf(out[(32 + y) * 32 + 7] as number, 1) / 4;
    return { width: (red(20) - red(10)) / 10, height: (green(20) - green(10)) / 10 };
  });
  const areas = shapes.map(({ width, height }) => width * height);
  const ratios = shapes.map(({ width, height }) => width / height);
  expect(Math.min(...areas)).toBeGreaterThan(0.2 - 1e-4);
  expect(Math.min(...areas)).toBeLessThan(0.25);
  expect(Math.max(...areas)).toBeLessThan(0.5 + 1e-4);
  expect(Math.max(...areas)).toBeGreaterThan(0.45);
  expect(Math.min(...ratios)).toBeGreaterThan(1.5 - 1e-3);
  expect(Math.max(...ratios)).toBeLessThan(2 + 1e-3);
});

test("saturation of HSV is scaled for a share of the images, and keeps value and hue", () => {
  const red = drawn(8, 1, (_i, _x, _y, c) => (c === 0 ? 200 : 100)); // Half saturated.
  const factors = Array.from({ length: 200 }, (_, step) => {
    const change = { ...still, hsvSaturation: 0.2, jitter: 0.5 };
    const out = augmentBatch(red, [0], { seed: 7, step }, change);
    const [r, g, b] = [0, 1, 2].map((c) => byteOf(out[64 * c] as number, c)) as [number, number, number];
    expect(r).toBeCloseTo(200, 2);
    expect(g).toBeCloseTo(b, 2);
    return (200 - g) / 100;
  });
  const changed = factors.filter((factor) => Math.abs(factor - 1) > 1e-4);
  expect(changed.length).toBeGreaterThan(75);
  expect(changed.length).toBeLessThan(125);
  expect(Math.min(...factors)).toBeGreaterThan(0.8 - 1e-3);
  expect(Math.min(...factors)).toBeLessThan(0.85);
  expect(Math.max(...factors)).toBeLessThan(1.2 + 1e-3);
  expect(Math.max(...factors)).toBeGreaterThan(1.15);
});

test("JPEG changes a share of a batch, more at a low quality, and repeats", async () => {
  const indices = [2, 0, 1, 3, 2, 0, 1, 3];
  const change = async (jpeg: number, quality: number, seed = 5) => {
    const set = await compressBatch(
      noise,
      indices,
      { seed, step: 1 },
      { jpeg, jpegQuality: [quality, quality] },
    );
    return indices.map((index, b) =>
      set.pixels(b).reduce((sum, v, i) => sum + Math.abs(v - (noise.pixels(index)[i] as number)), 0),
    );
  };
  const none = indices.map(() => 0);
  expect(await change(0, 50)).toEqual(none);
  const [fine, coarse] = [await change(1, 95), await change(1, 10)];
  coarse.forEach((value, i) => expect(value).toBeGreaterThan(fine[i] as number));
  expect(await change(1, 10)).toEqual(coarse);
  const half = await change(0.5, 10);
  expect(half.some((value) => value === 0) && half.some((value) => value > 0)).toBe(true);
  await expect(change(1, 101)).rejects.toThrow("jpegQuality must be a range within 1 to 100, got 101 to 101");
});

test("a sample's numbers come from seed, step and place alone", () => {
  const whole = augmentBatch(noise, [0, 1, 2], position);
  expect([...augmentBatch(noise, [0, 1, 2], position)]).toEqual([...whole]);
  const third = augmentBatch(noise, [3, 3, 2], position).subarray(2 * 768);
  expect([...third]).toEqual([...whole.subarray(2 * 768)]);
  expect([...augmentBatch(noise, [0, 1, 2], { seed: 5, step: 10 })]).not.toEqual([...whole]);
  expect([...augmentBatch(noise, [0, 1, 2], { seed: 6, step: 9 })]).not.toEqual([...whole]);
  const twice = augmentBatch(noise, [1, 1], position);
  expect([...twice.subarray(0, 768)]).not.toEqual([...twice.subarray(768)]);
});

test("wrong indices, lengths and scales are named", () => {
  expect(() => augmentBatch(noise, [4], position)).toThrow(
    "[augmentBatch] index 0 is 4; the set holds images 0 to 3",
  );
  expect(() => normalizeBatch(noise, [0], new Float32Array(5))).toThrow(
    "out must be [1, 3, 16, 16] = 768 numbers, got 5",
  );
  expect(() => augmentBatch(noise, [0], position, { ...still, minScale: 0 })).toThrow(
    "minScale must be in (0, 1], got 0",
  );
  expect(() => augmentBatch(noise, [0], position, { ...still, shift: 1.5 })).toThrow(
    "shift must be a whole number from 0 to 16 pixels, got 1.5",
  );
  expect(() => augmentBatch(noise, [0], position, { ...still, blurSigma: 0 })).toThrow(
    "blurSigma must be at least 0.1 pixels, got 0",
  );
});
