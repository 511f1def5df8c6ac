/** @file Turns the hue and scales the saturation of an image, both of HSV. */
import type { ChannelStatistics } from "./normalization.ts";

/**
 * Changes hue and saturation of HSV in place; value stays, and so does grey.
 *
 * @param planes     normalised [3, S, S]
 * @param turn       part of the hue's circle that is added, as torchvision's `hue_factor`
 * @param saturation factor; the result is at most 1
 * @param statistics by which the planes are normalised
 */
export function changeHsv(
  planes: Float32Array,
  turn: number,
  saturation: number,
  { mean, std }: ChannelStatistics,
): void {
  const area = planes.length / 3;
  const [meanR, meanG, meanB] = mean as [number, number, number];
  const [stdR, stdG, stdB] = std as [number, number, number];
  const sixths = 6 * (((turn % 1) + 1) % 1);
  for (let i = 0; i < area; i++) {
    const r = (planes[i] as number) * stdR + meanR;
    const g = (planes[area + i] as number) * stdG + meanG;
    const b = (planes[2 * area + i] as number) * stdB + meanB;
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    if (chroma <= 0) continue;
    // In sixths of the circle, red at 0.
    const hue = value === r ? (g - b) / chroma : value === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4;
    const turned = hue + sixths + 6;
    const distance = Math.min(chroma * saturation, value);
    planes[i] = (channel(5, turned, value, distance) - meanR) / stdR;
    planes[area + i] = (channel(3, turned, value, distance) - meanG) / stdG;
    planes[2 * area + i] = (channel(1, turned, value, distance) - meanB) / stdB;
  }
}

/** A channel, by where its hexagon begins: value where the hue is near, value less the distance across. */
function channel(begins: number, hue: number, value: number, distance: number): number {
  const at = (begins + hue) % 6;
  return value - distance * Math.max(0, Math.min(at, 4 - at, 1));
}
