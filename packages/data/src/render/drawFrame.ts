/** @file Draws frames: the same camera, framing, light and backdrop for live and spoof, then what is shown to them. */

import type { Attack } from "../manifest/manifest.ts";
import type { Domain } from "./domains.ts";
import { drawBackdrop, type BackdropKind } from "./drawBackdrop.ts";
import { drawCamera } from "./drawCamera.ts";
import { drawLighting } from "./drawLighting.ts";
import { drawCutout, drawPartial, drawPrint, drawReplay } from "./drawMedium.ts";
import type { HeadAsset } from "./headAsset.ts";
import { drawIdentity, type Identity, type Person } from "./identity.ts";
import { drawFramingMotion, drawHandMotion, drawHeadMotion, frameSeconds } from "./motion.ts";
import { openRandom, type Random } from "./random.ts";
import type { Frame, Mask, Picture } from "./scene.ts";

/** Which frame to draw; equal requests give equal frames. */
export interface FrameRequest {
  readonly seed: number;
  readonly domain: Domain;
  /** The person whose face is shown. */
  readonly identity: Person;
  /** The person behind a cut photo or a mask. */
  readonly other: Person;
  readonly attack: Attack;
  /** Number of the take; its videos share light, camera, backdrop and framing. */
  readonly take: number;
  /** Number within the video, whose frames follow one another in time. */
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
  const seconds = request.frame * frameSeconds;
  const still = openRandom(request.seed, "still", ...keys);
  const lighting = drawLighting(still.pick(domain.lights), still);
  const backdrop = drawBackdrop(still.pick(domain.backdrops), still);
  const framing = drawFramingMotion(still)(seconds);
  const noiseSeed = openRandom(request.seed, "noise", ...keys, request.frame).integer(65536);
  const camera = drawCamera(domain.camera, still, noiseSeed);
  const motion = drawHeadMotion(openRandom(request.seed, "motion", ...keys));
  const distance = still.range(7, 13);
  const identity = drawIdentity(asset, request.identity);
  const base = { lighting, backdrop, framing, camera };
  const before = (person: Identity, mask: Mask | null): Picture => ({
    identity: person,
    pose: motion.pose(seconds),
    expression: motion.expression(seconds),
    lighting,
    backdrop,
    framing,
    distance,
    mask,
  });
  const medium = openRandom(request.seed, "medium", ...keys);
  const held = drawHandMotion(openRandom(request.seed, "hand", ...keys));
  switch (attack) {
    case "none":
      return { identity, frame: { ...base, person: before(identity, null), shown: null, medium: null } };
    case "rigidMask":
    case "softMask": {
      const wearer = drawIdentity(asset, request.other);
      const mask = attack === "rigidMask" ? drawRigidMask(medium, identity) : drawSoftMask(medium, identity);
      return { identity, frame: { ...base, person: before(wearer, mask), shown: null, medium: null } };
    }
    case "print":
    case "replay": {
      // A print keeps its moment, a video plays on.
      const shown = drawShown(medium, identity, attack === "print" ? 0 : seconds);
      const carrier = attack === "print" ? drawPrint(medium, framing) : drawReplay(medium, framing);
      return { identity, frame: { ...base, person: null, shown, medium: held(carrier, seconds) } };
    }
    case "cutout":
    case "partial": {
      const shown = drawShown(medium, identity, 0);
      const carrier = attack === "cutout" ? drawCutout(medium, framing) : drawPartial(medium, framing);
      const person = before(drawIdentity(asset, request.other), null);
      // Who holds a cut photo before the face turns with it.
      const { gaze, roll } = person.pose;
      const facing = { ...person, pose: { gaze, yaw: shown.pose.yaw * 0.5, pitch: 0, roll: 0.2 * roll } };
      return { identity, frame: { ...base, person: facing, shown, medium: held(carrier, seconds) } };
    }
  }
}

/** The picture that a medium shows was taken by another camera, in other light, elsewhere. */
function drawShown(random: Random, identity: Identity, seconds: number): Picture {
  const motion = drawHeadMotion(openRandom(identity.seed, "shown", random.integer(65536)));
  return {
    identity,
    pose: motion.pose(seconds),
    expression: motion.expression(seconds),
    lighting: drawLighting(random.pick(["daylight", "overhead", "tungsten", "sun"]), random),
    backdrop: drawBackdrop(random.pick<BackdropKind>(["wall", "texturedWall", "room", "garden"]), random),
    framing: { x: 0.5, y: 0.5, height: random.range(0.38, 0.42) },
    distance: random.range(7, 13),
    mask: null,
  };
}

function drawRigidMask(random: Random, face: Identity): Mask {
  const level = random.range(0.9, 0.99);
  return {
    kind: "rigid",
    face,
    thickness: random.range(0.06, 0.1),
    smoothing: 2,
    gloss: random.range(0.3, 1),
    textureLevel: random.range(0.9, 1.9),
    tint: [face.skinTint[0] * level, face.skinTint[1] * level, face.skinTint[2] * level],
    opacity: 1,
  };
}

/** Half of the soft masks are silicone skins, half are thin clear resin through which the wearer is seen. */
function drawSoftMask(random: Random, face: Identity): Mask {
  if (random.chance(0.5)) {
    const warm = random.range(-0.12, 0.12);
    const level = random.range(0.5, 0.9);
    return {
      kind: "transparent",
      face,
      thickness: random.range(0.05, 0.08),
      smoothing: 2,
      gloss: random.range(0.75, 1),
      textureLevel: 0,
      tint: [level * (1 + warm), level, level * (1 - warm)],
      opacity: random.range(0.12, 0.38),
    };
  }
  const level = random.range(0.85, 1);
  return {
    kind: "soft",
    face,
    thickness: random.range(0.045, 0.07),
    smoothing: 1,
    gloss: random.range(0.15, 0.45),
    textureLevel: random.range(0.9, 1.7),
    tint: [face.skinTint[0] * level, face.skinTint[1] * level, face.skinTint[2] * level],
    opacity: 1,
  };
}
