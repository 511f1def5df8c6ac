/** @file Draws the paper or the screen that shows a face to the camera. */

import type { Random } from "./random.ts";
import type { Framing, Medium, Region } from "./scene.ts";

const uncut = [-1.9, -1.4, 1.9, 1.4] as const;

/** Draws a print; in half of them an edge of the paper is in sight. */
export function drawPrint(random: Random, framing: Framing): Medium {
  const edged = random.chance(0.5);
  const bent = random.chance(0.6) ? random.range(0.4, 1.2) : random.range(0, 0.25);
  return {
    ...common(random, framing),
    kind: "print",
    region: "sheet",
    gloss: random.chance(0.4) ? random.range(0.08, 0.3) : 0.01,
    bend: random.chance(0.75) ? [bent, 0] : [0, bent],
    border: edged ? random.range(0.03, 0.12) : 0,
    sheet: edged ? edgedSheet(random) : uncut,
  };
}

/** Draws a screen; in half of them the bezel is in sight. */
export function drawReplay(random: Random, framing: Framing): Medium {
  const edged = random.chance(0.5);
  return {
    ...common(random, framing),
    kind: "replay",
    region: "sheet",
    gloss: random.chance(0.35) ? 1 : 0,
    bend: [0, 0],
    border: random.range(0.05, 0.2),
    sheet: edged ? edgedSheet(random) : uncut,
    glare: [
      random.range(0.1, 0.9),
      random.range(0.05, 0.7),
      random.range(0.07, 0.2),
      random.chance(0.55) ? random.range(0.2, 0.7) : 0,
    ],
    tone: [
      random.range(0.9, 1.25),
      random.range(0.9, 1.08),
      random.range(-0.05, 0.05),
      random.range(0.1, 0.5),
    ],
  };
}

/** Draws a cut photo: a sheet with eye holes, or a paper face with eye holes. */
export function drawCutout(random: Random, framing: Framing): Medium {
  return {
    ...drawPrint(random, framing),
    kind: "cover",
    region: random.chance(0.5) ? "outline" : "sheet",
    bend: [random.range(0.3, 1.3), 0],
    sheet: edgedSheet(random),
  };
}

/** Draws a piece of a printed face that covers part of a person's. */
export function drawPartial(random: Random, framing: Framing): Medium {
  const region = random.pick<Region>(["eyes", "lower", "half", "mouth"]);
  return { ...drawCutout(random, framing), region, sheet: uncut, border: 0 };
}

function common(random: Random, framing: Framing): Medium {
  return {
    kind: "print",
    region: "sheet",
    seed: random.next(),
    gloss: 0,
    roll: random.range(-0.12, 0.12),
    tilt: [random.range(-0.3, 0.3), random.range(-0.25, 0.25)],
    bend: [0, 0],
    border: 0,
    paperTone: random.range(0.92, 1.06),
    // Most devices are dark, many are white or silver.
    bezelTone: random.chance(0.55) ? 0.012 : random.range(0.3, 0.8),
    cutEdge: random.range(0.3, 0.85),
    sheet: uncut,
    hole: [random.range(0.125, 0.16), random.range(0.048, 0.07)],
    dots: [random.range(0.3, 0.8), random.range(22, 38)],
    screen: [
      random.range(30, 52),
      random.range(0.22, 0.5),
      random.range(0.008, 0.03),
      random.range(0.5, 1.1),
    ],
    glare: [
      framing.x + random.range(-0.3, 0.3),
      framing.y + random.range(-0.4, 0.2),
      random.range(0.12, 0.28),
      0,
    ],
    tone: [
      random.range(0.85, 1.2),
      random.range(0.88, 1.05),
      random.range(-0.08, 0.08),
      random.range(0.1, 0.5),
    ],
    vividness: random.range(1, 1.5),
  };
}

/** A sheet of which one to four edges lie in sight. */
function edgedSheet(random: Random): [number, number, number, number] {
  const must = random.integer(4);
  const side = (index: number, near: number, far: number): number =>
    index === must || random.chance(0.45) ? random.range(near, far) : 0;
  const left = side(0, 0.6, 0.78);
  const top = side(1, 0.55, 0.64);
  const right = side(2, 0.6, 0.78);
  const bottom = side(3, 0.52, 0.6);
  return [-(left || 1.9), -(top || 1.4), right || 1.9, bottom || 1.4];
}
