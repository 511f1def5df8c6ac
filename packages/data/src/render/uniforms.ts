/** @file Packs pictures, media and cameras into the floats that the shaders read. */

import type { View } from "./framing.ts";
import { sceneMargin } from "./framing.ts";
import {
  regions,
  type Backdrop,
  type Camera,
  type Frame,
  type Lighting,
  type Medium,
  type Picture,
} from "./scene.ts";

/** Layers of the texture arrays by name. */
export interface Layers {
  skin(name: string): number;
  hair(name: string): number;
  detail(name: string): number;
}

/** Floats of `Picture` in head.wgsl.ts. */
export function pictureUniforms(
  picture: Picture,
  view: View,
  light: Float32Array,
  layers: Layers,
): Float32Array {
  const { identity, lighting, mask } = picture;
  const brow = identity.hairColour.map((c) => Math.min(0.05, 0.5 * c));
  return packed([
    view.matrix,
    light,
    [...view.eye, 0],
    [...lighting.direction, lighting.wrap],
    [...lighting.colour, lighting.shadow],
    lighting.ambient.flatMap((c) => [...c, 0]),
    [...identity.skinTint, layers.skin(identity.skin)],
    [identity.roughness, 0.85, identity.pores, identity.stubble],
    [...identity.hairColour, identity.hair ? layers.hair(identity.hair) : 0],
    [...brow, layers.detail(identity.brow)],
    [layers.detail(identity.iris), 0.5, 0, layers.detail("Eyelashes01")],
    [...identity.shirt, 5.72],
    [
      mask ? { rigid: 1, soft: 2, transparent: 3 }[mask.kind] : 0,
      mask?.gloss ?? 0,
      // A transparent mask has no texture; it is told how much it covers instead.
      mask?.kind === "transparent" ? mask.opacity : (mask?.textureLevel ?? 0),
      identity.seed % 7,
    ],
    [...(mask?.tint ?? [1, 1, 1]), mask ? layers.skin(mask.face.skin) : 0],
    backdropUniforms(picture.backdrop),
  ]);
}

/** Where faces and eyes are, for the medium. */
export interface MediumViews {
  readonly shown: View;
  /** Left and right eye in the shown picture's crop. */
  readonly shownEyes: readonly [number, number, number, number];
  readonly personEyes: readonly [number, number, number, number];
}

/** Floats of `Presentation` in presentation.wgsl.ts. */
export function mediumUniforms(frame: Frame, medium: Medium, views: MediumViews): Float32Array {
  const { lighting } = frame;
  const [x, y, width, height] = views.shown.box;
  const size = frame.framing.height / height;
  const away = lighting.ambient;
  return packed([
    [
      { print: 1, replay: 2, cover: 3 }[medium.kind],
      regions.indexOf(medium.region),
      medium.seed,
      medium.gloss,
    ],
    [Math.cos(medium.roll), Math.sin(medium.roll), ...medium.tilt],
    [...medium.bend, medium.border, medium.kind === "replay" ? medium.bezelTone : medium.paperTone],
    [toScene(x + width / 2), toScene(y + height / 2), width / sceneMargin, height / sceneMargin],
    [frame.framing.x, frame.framing.y, width * size, frame.framing.height],
    medium.sheet,
    views.shownEyes.map(toScene),
    views.personEyes,
    [...medium.hole, ...medium.dots],
    medium.screen,
    medium.glare,
    medium.tone,
    [...lighting.direction, lighting.shadow],
    [...lighting.colour, medium.vividness],
    [...add(away[0]!, away[2]!), medium.cutEdge],
    [...away[3]!, 0],
    backdropUniforms(frame.backdrop),
  ]);
}

/** Floats of `Camera` in camera.wgsl.ts. */
export function cameraUniforms(camera: Camera): Float32Array {
  return packed([
    [camera.distortion, ...camera.lensCentre, camera.vignette],
    [camera.defocus, ...camera.motion, camera.resolution],
    [camera.target, camera.autoExposure, camera.autoBalance, camera.autoContrast],
    [...camera.balance, camera.saturation],
    [camera.readNoise, camera.shotNoise, camera.noiseSeed, camera.chromaNoise],
    [camera.contrast, camera.black, camera.infrared, camera.sharpening],
    camera.band,
    [camera.spread, 0, 0, 0],
  ]);
}

function toScene(crop: number): number {
  return (crop - 0.5) / sceneMargin + 0.5;
}

function backdropUniforms(backdrop: Backdrop): Float32Array {
  return packed([
    [...backdrop.a, backdrop.kind],
    [...backdrop.b, backdrop.seed],
    [...backdrop.c, backdrop.scale],
    [backdrop.brightness, ...backdrop.gradient],
  ]);
}

function add(a: Lighting["colour"], b: Lighting["colour"]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function packed(groups: readonly ArrayLike<number>[]): Float32Array {
  return Float32Array.from(groups.flatMap((group) => Array.from(group)));
}
