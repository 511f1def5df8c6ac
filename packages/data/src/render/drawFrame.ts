/** @file Draws frames: the same camera, framing, light and backdrop for live and spoof, then what is shown to them. */

import type { Attack } from "../manifest/manifest.ts";
import type { Domain } from "./domains.ts";
import { drawBackdrop, type BackdropKind } from "./drawBackdrop.ts";
import { drawCamera } from "./drawCamera.ts";
import { drawLighting } from "./drawLighting.ts";
import { drawCutout, drawPartial, drawPrint, drawReplay } from "./drawMedium.ts";
import type { HeadAsset } from "./headAsset.ts";
import type { Pose } from "./headGeometry.ts";
import { drawIdentity, type Identity } from "./identity.ts";
import { openRandom, type Random } from "./random.ts";
import type { Frame, Framing, Mask, Medium, Picture } from "./scene.ts";

/** Which frame to draw; equal requests give equal frames. */
export interface FrameRequest {
  readonly seed: number;
  readonly domain: Domain;
  /** Seed of the person whose face is shown. */
  readonly identity: number;
  /** Seed of the person behind a cut photo or a mask. */
  readonly other: number;
  readonly attack: Attack;
  /** Number of the take; its videos share light, camera, backdrop and framing. */
  readonly take: number;
  readonly frame: number;
}

/** A frame with the person whose face it shows. */
export interface DrawnFrame {
  readonly frame: Frame;
  readonly identity: Identity;
}

/** Draws one frame. */
export function drawFrame(asset: HeadAsset, request: FrameRequest): DrawnFrame {
  const { domain, attack } = request;
  const keys = [domain.id, request.take] as const;
  const still = openRandom(request.seed, "still", ...keys);
  const moving = openRandom(request.seed, "moving", ...keys, request.frame);
  const lighting = drawLighting(still.pick(domain.lights), still);
  const backdrop = drawBackdrop(still.pick(domain.backdrops), still);
  const framing = drawFraming(still, moving);
  const camera = drawCamera(domain.camera, still, moving.integer(65536));
  const identity = drawIdentity(asset, request.identity);
  const base = { lighting, backdrop, framing, camera };
  const before = (person: Identity, mask: Mask | null): Picture => ({
    identity: person,
    pose: drawPose(still, moving),
    expression: drawExpression(moving),
    lighting,
    backdrop,
    framing,
    distance: still.range(7, 13),
    mask,
  });
  const medium = openRandom(request.seed, "medium", ...keys);
  switch (attack) {
    case "none":
      return { identity, frame: { ...base, person: before(identity, null), shown: null, medium: null } };
    case "rigidMask":
    case "softMask": {
      const wearer = drawIdentity(asset, request.other);
      const mask = drawMask(medium, attack === "rigidMask" ? "rigid" : "soft", identity);
      return { identity, frame: { ...base, person: before(wearer, mask), shown: null, medium: null } };
    }
    case "print":
    case "replay": {
      const shown = drawShown(medium, identity);
      const carrier = attack === "print" ? drawPrint(medium, framing) : drawReplay(medium, framing);
      return { identity, frame: { ...base, person: null, shown, medium: shaken(carrier, moving) } };
    }
    case "cutout":
    case "partial": {
      const shown = drawShown(medium, identity);
      const carrier = attack === "cutout" ? drawCutout(medium, framing) : drawPartial(medium, framing);
      const person = before(drawIdentity(asset, request.other), null);
      const facing = { ...person, pose: { ...person.pose, yaw: shown.pose.yaw * 0.5, pitch: 0, roll: 0 } };
      return { identity, frame: { ...base, person: facing, shown, medium: shaken(carrier, moving) } };
    }
  }
}

function drawFraming(still: Random, moving: Random): Framing {
  return {
    x: 0.5 + still.range(-0.04, 0.04) + moving.range(-0.01, 0.01),
    y: 0.53 + still.range(-0.04, 0.04) + moving.range(-0.01, 0.01),
    height: still.range(0.66, 0.8),
  };
}

function drawPose(still: Random, moving: Random): Pose {
  return {
    yaw: still.range(-0.38, 0.38) + moving.range(-0.06, 0.06),
    pitch: still.range(-0.12, 0.14) + moving.range(-0.03, 0.03),
    roll: still.range(-0.09, 0.09) + moving.range(-0.02, 0.02),
    gaze: [moving.range(-0.15, 0.15), moving.range(-0.08, 0.08)],
  };
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
  [["eye-left-closure", "eye-right-closure"], 0.25],
  [["eye-left-opened-up", "eye-right-opened-up"], 0.5],
];

function drawExpression(random: Random): Map<string, number> {
  const weights = new Map<string, number>();
  for (let i = 0; i < 2; i++) {
    const [names, most] = random.pick(expressions);
    const weight = random.range(0, most);
    for (const name of names) weights.set(unit + name, weight);
  }
  return weights;
}

/** The picture that a medium shows was taken by another camera, in other light, elsewhere. */
function drawShown(random: Random, identity: Identity): Picture {
  const moving = openRandom(identity.seed, "shown", random.integer(65536));
  return {
    identity,
    pose: drawPose(random, moving),
    expression: drawExpression(moving),
    lighting: drawLighting(random.pick(["daylight", "overhead", "tungsten", "sun"]), random),
    backdrop: drawBackdrop(random.pick<BackdropKind>(["wall", "texturedWall", "room", "garden"]), random),
    framing: { x: 0.5, y: 0.5, height: random.range(0.38, 0.42) },
    distance: random.range(7, 13),
    mask: null,
  };
}

function drawMask(random: Random, kind: Mask["kind"], face: Identity): Mask {
  const level = kind === "rigid" ? random.range(0.9, 0.99) : random.range(0.85, 1);
  return {
    kind,
    face,
    thickness: kind === "rigid" ? random.range(0.06, 0.1) : random.range(0.045, 0.07),
    smoothing: kind === "rigid" ? 2 : 1,
    gloss: kind === "rigid" ? random.range(0.3, 1) : random.range(0.15, 0.45),
    textureLevel: kind === "rigid" ? random.range(0.9, 1.9) : random.range(0.9, 1.7),
    tint: [face.skinTint[0] * level, face.skinTint[1] * level, face.skinTint[2] * level],
  };
}

/** Nobody holds a sheet still: it moves a little between the frames of a video. */
function shaken(medium: Medium, random: Random): Medium {
  return {
    ...medium,
    roll: medium.roll + random.range(-0.02, 0.02),
    tilt: [medium.tilt[0] + random.range(-0.03, 0.03), medium.tilt[1] + random.range(-0.03, 0.03)],
  };
}
