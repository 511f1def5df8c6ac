/** @file imagesFromBytes against a loop over pixels. */

import { describe, expect, it } from "vitest";
import { tensor, zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import { assertClose } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import {
  drawChange,
  imagesFromBytes,
  packBytes,
  type SampleChange,
  sampleChanges,
} from "./imagesFromBytes.ts";

const statistics = { mean: [0.48, 0.46, 0.41], deviation: [0.27, 0.26, 0.28] } as const;

/** Brightness, then contrast about mid-grey, then saturation about the pixel's own grey: as the words say. */
function changed(rgb: number[], change: Required<SampleChange>): number[] {
  const lit = rgb.map((x) => x * change.brightness);
  const contrasted = lit.map((x) => 0.5 + (x - 0.5) * change.contrast);
  const grey = 0.299 * contrasted[0]! + 0.587 * contrasted[1]! + 0.114 * contrasted[2]!;
  return contrasted.map((x) => Math.min(1, Math.max(0, grey + (x - grey) * change.saturation)));
}

const draws = () => Array.from({ length: 200 }, (_, i) => drawChange(new Random(i), { contrast: 0.2 }));

describe("imagesFromBytes", () => {
  it.each([
    [1, 1, 1],
    [2, 3, 5],
    [3, 17, 8],
  ])("makes planes of %i images of %i x %i", async (batch, height, width) => {
    const device = await testDevice();
    using _scope = device.scope();
    const random = new Random(batch);
    const bytes = Uint8Array.from({ length: batch * height * width * 3 }, () => random.bits() & 255);
    const ranges = { brightness: 0.4, contrast: 0.4, saturation: 0.9 };
    const changes = Array.from({ length: batch }, () => drawChange(random, ranges) as Required<SampleChange>);
    const y = imagesFromBytes(
      packBytes(device, bytes),
      { height, width },
      sampleChanges(device, changes),
      statistics,
    );
    expect(y.shape).toEqual([batch, 3, height, width]);
    const want = new Float64Array(y.size);
    for (let b = 0; b < batch; b++)
      for (let v = 0; v < height; v++)
        for (let u = 0; u < width; u++) {
          const from = changes[b]!.flip ? width - 1 - u : u;
          const rgb = [0, 1, 2].map((c) => bytes[((b * height + v) * width + from) * 3 + c]! / 255);
          changed(rgb, changes[b]!).forEach((x, c) => {
            want[((b * 3 + c) * height + v) * width + u] =
              (x - statistics.mean[c]!) / statistics.deviation[c]!;
          });
        }
    assertClose("imagesFromBytes", await y.read(), want, tolerance("arithmetic", 4, 4));
  });

  it.each([
    [7, 8, 16, 4000], // parts of 2 images, whose bytes begin where a binding may not always
    [140, 3, 5, 24_000], // of 128 and 12, whose bytes end within words
    [2, 32, 16, 7000], // of one
  ])("makes planes of %i images of %i x %i in parts of %i bytes", async (batch, height, width, limit) => {
    const random = new Random(batch);
    const bytes = Uint8Array.from({ length: batch * height * width * 3 }, () => random.bits() & 255);
    const changes = Array.from({ length: batch }, () => drawChange(random, { brightness: 0.4 }));
    const planes: ArrayLike<number>[] = [];
    for (const device of [await testDevice(), await Device.open({ tuned: false, maxBindingBytes: limit })]) {
      using _scope = device.scope();
      const samples = sampleChanges(device, changes);
      planes.push(
        await imagesFromBytes(packBytes(device, bytes), { height, width }, samples, statistics).read(),
      );
    }
    expect(planes[1]).toEqual(planes[0]);
  });

  it("refuses an image that is more than one binding by name", async () => {
    const device = await Device.open({ tuned: false, maxBindingBytes: 6000 });
    using _scope = device.scope();
    const bytes = packBytes(device, new Uint8Array(2 * 20 * 30 * 3));
    expect(() =>
      imagesFromBytes(bytes, { height: 20, width: 30 }, sampleChanges(device, [{}, {}]), statistics),
    ).toThrow("[imagesFromBytes] y has 14400 bytes, more than the 6000 that this device binds at once");
  });

  it("draws the same changes from the same generator", () => {
    expect(draws()).toEqual(draws());
    expect(draws().filter(({ flip }) => flip).length).toBeGreaterThan(70);
    expect(
      draws().every(({ contrast, brightness }) => Math.abs(contrast! - 1) <= 0.2 && brightness === 1),
    ).toBe(true);
  });

  it("draws no factor below 0, and names ranges that are none", () => {
    const wide = { brightness: 1.5, contrast: 2, saturation: 1 };
    const drawn = Array.from({ length: 200 }, (_, i) => drawChange(new Random(i), wide));
    const factors = drawn.map(({ brightness, contrast, saturation }) => [
      brightness!,
      contrast!,
      saturation!,
    ]);
    expect(Math.min(...factors.flat())).toBeGreaterThanOrEqual(0);
    expect(Math.max(...factors.map(([, contrast]) => contrast!))).toBeGreaterThan(2.9);
    for (const range of [-0.1, NaN, Infinity]) {
      expect(() => drawChange(new Random(1), { contrast: range })).toThrow(
        `[drawChange] contrast must be a finite number >= 0, got ${range}`,
      );
    }
  });

  it("names what does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const samples = sampleChanges(device, [{}, {}]);
    const size = { height: 2, width: 2 };
    expect(() =>
      imagesFromBytes(packBytes(device, new Uint8Array(23)), size, sampleChanges(device, [{}]), statistics),
    ).toThrow("[imagesFromBytes] 1 images of 2 x 2 take 3 words of u32, got [6] u32");
    expect(() => imagesFromBytes(zeros(device, [6]), size, samples, statistics)).toThrow("got [6] f32");
    expect(() =>
      imagesFromBytes(tensor(device, [0], [1], "u32"), size, zeros(device, [2]), statistics),
    ).toThrow("[imagesFromBytes] samples must be [B, 13] f32, got [2] f32");
    const bytes = packBytes(device, new Uint8Array(24));
    expect(() => imagesFromBytes(bytes, { height: 2, width: 3.5 }, samples, statistics)).toThrow(
      "[imagesFromBytes] height and width must be whole numbers > 0, got 2 and 3.5",
    );
    const flat = { mean: [0, 0, 0], deviation: [1, 0, 1] } as const;
    expect(() => imagesFromBytes(bytes, size, samples, flat)).toThrow(
      "[imagesFromBytes] deviations must be > 0, got 1, 0, 1",
    );
  });
});
