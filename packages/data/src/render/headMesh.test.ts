/** @file Tests morphs, proxy fitting and framing on the committed head asset. */

import { beforeAll, describe, expect, it } from "vitest";

import { frameFace } from "./framing.ts";
import { loadHeadAsset, type HeadAsset } from "./headAsset.ts";
import { buildHead } from "./headGeometry.ts";
import { drawIdentity, type Person } from "./identity.ts";
import { looksAt } from "./looks.ts";
import { morphHead } from "./morph.ts";
import { fitProxy, proxyScale } from "./proxy.ts";

let asset: HeadAsset;
const frontal = { yaw: 0, pitch: 0, roll: 0, gaze: [0, 0] } as const;

const person = (seed: number): Person => ({ seed, looks: looksAt(seed) });

beforeAll(async () => {
  asset = await loadHeadAsset();
});

describe("morphHead", () => {
  it("leaves the base alone without weights and is linear in a weight", () => {
    expect(morphHead(asset, new Map())).toEqual(asset.position);
    const name = "nose/nose-scale-depth-incr";
    const half = morphHead(asset, new Map([[name, 0.5]]));
    const whole = morphHead(asset, new Map([[name, 1]]));
    let moved = 0;
    asset.position.forEach((base, i) => {
      expect(whole[i]! - base).toBeCloseTo(2 * (half[i]! - base), 4);
      if (Math.abs(whole[i]! - base) > 0.02) moved++;
    });
    expect(moved).toBeGreaterThan(20);
  });

  it("names a target that is not there", () => {
    expect(() => morphHead(asset, new Map([["nose/none", 1]]))).toThrow("no target nose/none");
  });
});

describe("fitProxy", () => {
  it("scales offsets by the measured head, so that hair does not stand off", () => {
    const hair = asset.proxies.get("afro01")!;
    const scale = proxyScale(asset, hair, asset.position);
    for (const value of scale) {
      expect(value).toBeGreaterThan(0.7);
      expect(value).toBeLessThan(0.9);
    }
    const twice = asset.position.map((value) => 2 * value);
    proxyScale(asset, hair, twice).forEach((value, axis) => expect(value).toBeCloseTo(2 * scale[axis]!, 5));
  });

  it("puts the eyes where the eye helpers are", () => {
    const eyes = asset.proxies.get("HighPolyEyes")!;
    const fitted = fitProxy(asset, eyes, asset.position);
    const left = Array.from({ length: fitted.length / 3 }, (_, i) =>
      fitted.subarray(3 * i, 3 * i + 3),
    ).filter((p) => p[0]! > 0);
    const middle = (axis: number): number => {
      const values = left.map((p) => p[axis]!);
      return (Math.min(...values) + Math.max(...values)) / 2;
    };
    expect(middle(0)).toBeCloseTo(0.308, 1);
    expect(middle(1)).toBeCloseTo(7.284, 1);
  });
});

describe("buildHead and frameFace", () => {
  it("draws finite vertices and unit normals for any identity", () => {
    for (let seed = 0; seed < 8; seed++) {
      const head = buildHead(asset, drawIdentity(asset, person(seed)), frontal, new Map(), null);
      expect(head.skin.every(Number.isFinite)).toBe(true);
      for (let i = 0; i < head.skin.length; i += 600) {
        expect(Math.hypot(head.skin[i + 3]!, head.skin[i + 4]!, head.skin[i + 5]!)).toBeCloseTo(1, 3);
      }
    }
  });

  it("puts the face's box where the framing wants it, eyes inside and left eye on the right", () => {
    const head = buildHead(asset, drawIdentity(asset, person(3)), frontal, new Map(), null);
    const view = frameFace(head.facePoints, { x: 0.45, y: 0.55, height: 0.7 }, 10);
    const ys = head.facePoints.map((point) => view.project(point)[1]);
    expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(0.7, 4);
    expect((Math.max(...ys) + Math.min(...ys)) / 2).toBeCloseTo(0.55, 4);
    const left = view.project(head.eyePoints.left);
    const right = view.project(head.eyePoints.right);
    expect(left[0]).toBeGreaterThan(right[0]);
    expect(left[1]).toBeGreaterThan(view.box[1]);
    expect(left[1]).toBeLessThan(view.box[1] + view.box[3]);
  });

  it("draws another head for another seed and the same for the same", () => {
    expect(drawIdentity(asset, person(5))).toEqual(drawIdentity(asset, person(5)));
    expect(drawIdentity(asset, person(5)).shape).not.toEqual(drawIdentity(asset, person(6)).shape);
  });
});
