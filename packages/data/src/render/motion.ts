/** @file How heads, eyes, faces and hands move over a video: smooth in time, all from one stream of random numbers. */

import type { Pose } from "./headGeometry.ts";
import type { Random } from "./random.ts";
import type { Framing, Medium } from "./scene.ts";

/** Seconds between two frames of a video. */
export const frameSeconds = 0.4;

/** A quantity over the seconds of a video. */
export type Curve = (seconds: number) => number;

// Blinks and glances are drawn for a minute, and come again after it.
const minute = 60;

/** Three slow waves, at most `reach` from zero together; none is faster than `fastest` a second. */
export function sway(random: Random, reach: number, fastest = 0.45): Curve {
  const waves = [0.5, 0.3, 0.2].map((share) => ({
    share,
    pace: 2 * Math.PI * random.range(0.2 * fastest, fastest),
    phase: random.range(0, 2 * Math.PI),
  }));
  return (seconds) =>
    reach * waves.reduce((sum, wave) => sum + wave.share * Math.sin(wave.pace * seconds + wave.phase), 0);
}

/** Closure of the lids, 0..1: a blink of a third of a second every two to six seconds. */
export function blinks(random: Random): Curve {
  const times: number[] = [];
  for (let at = random.range(0, 4); at < minute; at += random.range(2, 6)) times.push(at);
  return (seconds) => {
    const now = seconds % minute;
    return times.reduce((most, at) => Math.max(most, 1 - Math.abs(now - at) / 0.17), 0);
  };
}

/** Direction of the eyes: rests of half a second to two seconds, with quick turns between them. */
export function glances(random: Random, across: number, down: number): (seconds: number) => [number, number] {
  const rests: { readonly from: number; readonly gaze: readonly [number, number] }[] = [];
  for (let from = 0; from < minute; from += random.range(0.5, 2)) {
    rests.push({ from, gaze: [random.range(-across, across), random.range(-down, down)] });
  }
  return (seconds) => {
    const now = seconds % minute;
    const index = rests.findLastIndex((rest) => rest.from <= now);
    const [rest, before] = [rests[index]!, rests[Math.max(0, index - 1)]!];
    const turned = Math.min(1, (now - rest.from) / 0.06);
    return [0, 1].map((k) => before.gaze[k]! + turned * (rest.gaze[k]! - before.gaze[k]!)) as [
      number,
      number,
    ];
  };
}

/** A person before a camera. */
export interface HeadMotion {
  pose(seconds: number): Pose;
  /** Weights of expression targets. */
  expression(seconds: number): Map<string, number>;
}

const unit = "expression/units/caucasian/";
const expressions: readonly (readonly [readonly string[], number])[] = [
  [["mouth-corner-puller"], 0.7],
  [["mouth-retraction"], 0.4],
  [["mouth-part-later"], 0.4],
  [["mouth-compression"], 0.5],
  [["mouth-depression"], 0.4],
  [["eyebrows-left-up", "eyebrows-right-up"], 0.6],
  [["eyebrows-left-down", "eyebrows-right-down"], 0.6],
  [["eyebrows-left-inner-up", "eyebrows-right-inner-up"], 0.5],
  [["eye-left-slit", "eye-right-slit"], 0.5],
  [["eye-left-opened-up", "eye-right-opened-up"], 0.5],
];
const lids = ["eye-left-closure", "eye-right-closure"];

/** Draws how a person holds and moves the head, and two expressions that come and go. */
export function drawHeadMotion(random: Random): HeadMotion {
  const rest = {
    yaw: random.range(-0.38, 0.38),
    pitch: random.range(-0.12, 0.14),
    roll: random.range(-0.09, 0.09),
  };
  const [yaw, pitch, roll] = [sway(random, 0.08, 0.3), sway(random, 0.045, 0.3), sway(random, 0.025, 0.3)];
  const gaze = glances(random, 0.15, 0.08);
  const blink = blinks(random);
  const moods = [0, 1].map(() => {
    const [names, most] = random.pick(expressions);
    return { names, weight: random.range(0, most), strength: sway(random, 0.45, 0.25) };
  });
  return {
    pose: (seconds) => ({
      yaw: rest.yaw + yaw(seconds),
      pitch: rest.pitch + pitch(seconds),
      roll: rest.roll + roll(seconds),
      gaze: gaze(seconds),
    }),
    expression(seconds) {
      const weights = new Map<string, number>();
      for (const { names, weight, strength } of moods) {
        for (const name of names) weights.set(unit + name, weight * (0.55 + strength(seconds)));
      }
      const closed = blink(seconds);
      if (closed > 0) for (const name of lids) weights.set(unit + name, closed);
      return weights;
    },
  };
}

/** Draws where the face lies in the crop, and how the camera's hold and the person's stand shift it. */
export function drawFramingMotion(random: Random): (seconds: number) => Framing {
  const rest = { x: 0.5 + random.range(-0.04, 0.04), y: 0.53 + random.range(-0.04, 0.04) };
  const height = random.range(0.66, 0.8);
  const [x, y, size] = [sway(random, 0.014, 0.6), sway(random, 0.012, 0.6), sway(random, 0.015, 0.25)];
  return (seconds) => ({
    x: rest.x + x(seconds),
    y: rest.y + y(seconds),
    height: height * (1 + size(seconds)),
  });
}

/** Draws the hands that hold a sheet or a device: nobody holds it still. */
export function drawHandMotion(random: Random): (medium: Medium, seconds: number) => Medium {
  const [roll, tiltX, tiltY] = [sway(random, 0.025, 0.7), sway(random, 0.035, 0.7), sway(random, 0.035, 0.7)];
  return (medium, seconds) => {
    const [dx, dy] = [tiltX(seconds), tiltY(seconds)];
    const [x, y, radius, strength] = medium.glare;
    return {
      ...medium,
      roll: medium.roll + roll(seconds),
      tilt: [medium.tilt[0] + dx, medium.tilt[1] + dy],
      // A reflection wanders twice as far as the surface turns.
      glare: [x + 2 * dx, y + 2 * dy, radius, strength],
    };
  };
}
