/** @file Draws what lies behind the person. */

import type { Random } from "./random.ts";
import type { Backdrop, Colour } from "./scene.ts";

export type BackdropKind = "wall" | "texturedWall" | "room" | "garden";

const names: Record<BackdropKind, string> = {
  wall: "a plain wall",
  texturedWall: "a rough wall",
  room: "a room",
  garden: "trees and sky",
};

/** Draws one backdrop of a kind. */
export function drawBackdrop(kind: BackdropKind, random: Random): Backdrop {
  const angle = random.range(0, 2 * Math.PI);
  const paint = (low: number, high: number, colourful: number): Colour => {
    const level = random.range(low, high);
    return [0, 1, 2].map(() => level * (1 + random.range(-colourful, colourful))) as unknown as Colour;
  };
  const colours: Record<BackdropKind, readonly [Colour, Colour, Colour]> = {
    wall: [paint(0.12, 0.75, 0.22), paint(0.2, 0.6, 0.2), paint(0.2, 0.6, 0.2)],
    texturedWall: [paint(0.15, 0.6, 0.25), paint(0.2, 0.6, 0.2), paint(0.2, 1, 0)],
    room: [paint(0.2, 0.6, 0.2), paint(0.05, 0.35, 0.6), paint(0.2, 0.8, 0.4)],
    garden: [
      [random.range(0.02, 0.06), random.range(0.06, 0.14), random.range(0.015, 0.04)],
      [random.range(0.1, 0.3), random.range(0.2, 0.4), random.range(0.05, 0.12)],
      [random.range(0.5, 0.8), random.range(0.65, 0.9), random.range(0.85, 1.1)],
    ],
  };
  const [a, b, c] = colours[kind];
  return {
    name: names[kind],
    kind: ({ wall: 0, texturedWall: 1, room: 2, garden: 3 } as const)[kind],
    a,
    b,
    c,
    seed: random.integer(900) / 9,
    scale: random.range(1.2, 3),
    brightness: random.range(0.75, 1.25),
    gradient: [Math.cos(angle), Math.sin(angle), random.range(0.1, 0.9)],
  };
}
