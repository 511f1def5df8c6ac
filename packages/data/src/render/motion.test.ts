/** @file Tests that movement is smooth in time, repeats from its seed and includes blinks. */

import { describe, expect, it } from "vitest";

import { blinks, drawFramingMotion, drawHeadMotion, frameSeconds, sway } from "./motion.ts";
import { openRandom } from "./random.ts";

const seconds = Array.from({ length: 400 }, (_, i) => i * 0.05);

describe("sway", () => {
  it("stays within its reach, moves, and never jumps", () => {
    for (let seed = 0; seed < 20; seed++) {
      const curve = sway(openRandom(seed, "sway"), 0.1, 0.5);
      const values = seconds.map(curve);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.1);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.05);
      // No steeper than its fastest wave.
      const steps = values.slice(1).map((value, i) => Math.abs(value - values[i]!));
      expect(Math.max(...steps)).toBeLessThan(0.1 * 2 * Math.PI * 0.5 * 0.05 * 1.01);
    }
  });
});

describe("blinks", () => {
  it("closes the lids for a short while, about every four seconds, over and over", () => {
    const blink = blinks(openRandom(3, "blink"));
    const times = Array.from({ length: 12_000 }, (_, i) => i * 0.01);
    const closed = times.filter((at) => blink(at) > 0.5).length / times.length;
    expect(closed).toBeGreaterThan(0.02);
    expect(closed).toBeLessThan(0.09);
    expect(Math.max(...times.map(blink))).toBeGreaterThan(0.9);
    expect(blink(7)).toBeCloseTo(blink(67), 9);
  });
});

describe("drawHeadMotion", () => {
  it("moves head and expression little from frame to frame, and further over a video", () => {
    let near = 0;
    let far = 0;
    for (let seed = 0; seed < 60; seed++) {
      const motion = drawHeadMotion(openRandom(seed, "head"));
      const yaw = (frame: number): number => motion.pose(frame * frameSeconds).yaw;
      near += Math.abs(yaw(1) - yaw(0)) / 60;
      far += Math.abs(yaw(9) - yaw(0)) / 60;
    }
    expect(near).toBeGreaterThan(0.003);
    expect(far).toBeGreaterThan(1.5 * near);
  });

  it("repeats from the same seed and keeps weights of targets between 0 and 1", () => {
    const [first, second] = [0, 1].map(() => drawHeadMotion(openRandom(8, "head")));
    for (const at of seconds) {
      expect(first!.pose(at)).toEqual(second!.pose(at));
      for (const weight of first!.expression(at).values()) {
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("drawFramingMotion", () => {
  it("keeps the face in the crop", () => {
    for (let seed = 0; seed < 40; seed++) {
      const framing = drawFramingMotion(openRandom(seed, "framing"));
      for (const at of seconds) {
        const { y, height } = framing(at);
        expect(y - height / 2).toBeGreaterThan(0.05);
        expect(y + height / 2).toBeLessThan(1.02);
      }
    }
  });
});
