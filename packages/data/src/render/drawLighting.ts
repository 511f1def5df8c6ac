/** @file Draws key light and surroundings for the kinds of light that the domains name. */

import type { Random } from "./random.ts";
import type { Colour, Lighting } from "./scene.ts";

interface LightStyle {
  readonly name: string;
  /** Range of the key's azimuth (0 = from the camera, either side) and elevation, radians. */
  readonly azimuth: readonly [number, number];
  readonly elevation: readonly [number, number];
  readonly key: Colour;
  readonly strength: readonly [number, number];
  readonly sky: Colour;
  readonly ground: Colour;
  /** Light of the surroundings beside the key's. */
  readonly fill: readonly [number, number];
  readonly wrap: readonly [number, number];
}

const styles = {
  daylight: {
    name: "daylight",
    azimuth: [0.3, 1.1],
    elevation: [0.25, 0.8],
    key: [1, 0.97, 0.92],
    strength: [0.8, 1.2],
    sky: [0.75, 0.85, 1],
    ground: [0.7, 0.62, 0.55],
    fill: [0.35, 0.6],
    wrap: [0.25, 0.5],
  },
  tungsten: {
    name: "warm lamp light",
    azimuth: [0.1, 0.9],
    elevation: [0.5, 1],
    key: [1.15, 0.86, 0.56],
    strength: [0.7, 1.1],
    sky: [1.1, 0.82, 0.55],
    ground: [0.8, 0.55, 0.36],
    fill: [0.3, 0.5],
    wrap: [0.15, 0.35],
  },
  dim: {
    name: "dim light",
    azimuth: [0.2, 1.2],
    elevation: [0.3, 0.9],
    key: [1, 0.85, 0.7],
    strength: [0.5, 0.9],
    sky: [0.8, 0.8, 1],
    ground: [0.5, 0.5, 0.6],
    fill: [0.2, 0.35],
    wrap: [0.15, 0.3],
  },
  side: {
    name: "strong side light",
    azimuth: [1.1, 1.5],
    elevation: [0.05, 0.45],
    key: [1.05, 1, 0.92],
    strength: [1.2, 1.7],
    sky: [0.8, 0.85, 1],
    ground: [0.6, 0.55, 0.5],
    fill: [0.14, 0.28],
    wrap: [0.1, 0.25],
  },
  back: {
    name: "back light",
    azimuth: [2.2, 2.8],
    elevation: [0.3, 0.8],
    key: [1.1, 1.06, 1],
    strength: [1.1, 1.7],
    sky: [0.9, 0.95, 1],
    ground: [0.75, 0.7, 0.65],
    fill: [0.45, 0.65],
    wrap: [0.2, 0.4],
  },
  fluorescent: {
    name: "fluorescent light",
    azimuth: [0, 0.8],
    elevation: [0.8, 1.25],
    key: [0.9, 1.06, 0.88],
    strength: [0.7, 1.1],
    sky: [0.9, 1.08, 0.92],
    ground: [0.6, 0.68, 0.58],
    fill: [0.4, 0.6],
    wrap: [0.35, 0.6],
  },
  sun: {
    name: "sunlight",
    azimuth: [0.4, 1.2],
    elevation: [0.5, 1],
    key: [1.15, 1.06, 0.9],
    strength: [1.2, 1.7],
    sky: [0.55, 0.75, 1.1],
    ground: [0.55, 0.52, 0.4],
    fill: [0.3, 0.5],
    wrap: [0.08, 0.2],
  },
  overhead: {
    name: "overhead light",
    azimuth: [0, 0.6],
    elevation: [0.75, 1.15],
    key: [1, 0.98, 0.95],
    strength: [0.8, 1.2],
    sky: [0.95, 0.95, 1],
    ground: [0.5, 0.5, 0.5],
    fill: [0.3, 0.5],
    wrap: [0.2, 0.4],
  },
  infrared: {
    name: "infrared light",
    azimuth: [0, 0.25],
    elevation: [-0.1, 0.3],
    key: [1, 1, 1],
    strength: [1, 1.4],
    sky: [1, 1, 1],
    ground: [0.8, 0.8, 0.8],
    fill: [0.1, 0.25],
    wrap: [0.35, 0.6],
  },
} as const satisfies Record<string, LightStyle>;

export type LightKind = keyof typeof styles;

/** Draws one light of a kind. */
export function drawLighting(kind: LightKind, random: Random): Lighting {
  const style: LightStyle = styles[kind];
  const between = (range: readonly [number, number]): number => random.range(range[0], range[1]);
  const azimuth = between(style.azimuth) * (random.chance(0.5) ? 1 : -1);
  const elevation = between(style.elevation);
  const strength = between(style.strength);
  const fill = between(style.fill);
  const sway = random.range(-0.05, 0.05);
  const tinted = (colour: Colour, share: number): Colour => [
    colour[0] * (1 + sway) * share,
    colour[1] * share,
    colour[2] * (1 - sway) * share,
  ];
  const mean = style.sky.map((c, i) => 0.5 * (c + style.ground[i]!)) as unknown as Colour;
  const half = style.sky.map((c, i) => 0.5 * (c - 0.7 * style.ground[i]!)) as unknown as Colour;
  const side = random.range(-0.3, 0.3);
  const front = random.range(0.05, 0.35);
  const small = (): Colour => {
    const level = random.range(-0.08, 0.08) * fill;
    return [level, level, level];
  };
  return {
    name: style.name,
    direction: [
      Math.sin(azimuth) * Math.cos(elevation),
      Math.sin(elevation),
      Math.cos(azimuth) * Math.cos(elevation),
    ],
    colour: tinted(style.key, strength),
    wrap: between(style.wrap),
    shadow: random.range(0.75, 0.95),
    ambient: [
      tinted(mean, fill),
      tinted(half, fill),
      tinted(mean, fill * front),
      tinted(mean, fill * side),
      small(),
      small(),
      small(),
      small(),
      small(),
    ],
  };
}
