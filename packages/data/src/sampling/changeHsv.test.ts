/** @file Hue and saturation against Python's colorsys. */
import { expect, test } from "vitest";
import { changeHsv } from "./changeHsv.ts";
import { channelStatistics } from "./normalization.ts";

/** Colour, turn, factor of saturation, and what colorsys of Python 3.11 makes of it: rgb_to_hsv, change, hsv_to_rgb. */
const cases = [
  [[200, 30, 60], 0.1, 1, [200.0, 102.0, 30.0]],
  [[200, 30, 60], -0.1, 1, [200.0, 30.0, 162.0]],
  [[10, 200, 120], 0.1, 1.2, [0.0, 164.2105, 200.0]],
  [[40, 80, 220], -0.05, 0.8, [76.0, 151.2, 220.0]],
  [[250, 240, 20], 0.25, 1, [20.0, 250.0, 125.0]],
  [[90, 90, 200], 0, 3, [0.0, 0.0, 200.0]],
  [[128, 128, 128], 0.1, 1.2, [128.0, 128.0, 128.0]],
  [[12, 0, 3], -0.4, 0.5, [6.0, 9.9, 12.0]],
] as const;

test.each(cases)("%j turned by %s, saturation by %s, is %j", (rgb, turn, saturation, wanted) => {
  const { mean, std } = channelStatistics.imagenet;
  // The second of four pixels; the others are grey and stay.
  const planes = Float32Array.from({ length: 12 }, (_, i) => {
    const c = Math.floor(i / 4);
    const byte = i % 4 === 1 ? (rgb[c] as number) : 100;
    return (byte / 255 - (mean[c] as number)) / (std[c] as number);
  });
  const before = planes.slice();
  changeHsv(planes, turn, saturation, channelStatistics.imagenet);
  for (const c of [0, 1, 2]) {
    const byte = 255 * ((planes[4 * c + 1] as number) * (std[c] as number) + (mean[c] as number));
    expect(byte).toBeCloseTo(wanted[c] as number, 3);
    for (const i of [0, 2, 3]) expect(planes[4 * c + i]).toBeCloseTo(before[4 * c + i] as number, 5);
  }
});
