/** @file Draws a camera of a domain's style, alike for live and spoof. */

import type { CameraStyle } from "./domains.ts";
import type { Random } from "./random.ts";
import type { Camera } from "./scene.ts";

/** Draws the camera of one video; `noiseSeed` differs per frame. */
export function drawCamera(style: CameraStyle, random: Random, noiseSeed: number): Camera {
  const between = (range: readonly [number, number]): number => random.range(range[0], range[1]);
  const warmth = between(style.warmth);
  const green = between(style.green);
  const noise = between(style.noise);
  const motion = between(style.motion);
  const angle = random.range(0, Math.PI);
  return {
    distortion: between(style.distortion),
    lensCentre: [random.range(0.1, 0.9), random.range(0.1, 0.9)],
    vignette: between(style.vignette),
    defocus: between(style.defocus),
    motion: [motion * Math.cos(angle), motion * Math.sin(angle)],
    resolution: Math.round(between(style.resolution)),
    target: between(style.target),
    autoExposure: 0.96,
    autoBalance: between(style.autoBalance),
    autoContrast: 0.9,
    spread: between(style.spread),
    balance: [1 + warmth, 1 + green, 1 - warmth],
    saturation: between(style.saturation),
    readNoise: 0.4 * noise,
    shotNoise: noise,
    chromaNoise: between(style.chromaNoise),
    noiseSeed,
    contrast: between(style.contrast),
    black: between(style.black),
    infrared: between(style.infrared),
    sharpening: between(style.sharpening),
    band: [between(style.band), random.range(0.25, 0.8), random.next(), 0.15 * noise],
    blockQuality: style.blockQuality ? Math.round(between(style.blockQuality)) : null,
    jpegQuality: Math.round(between(style.jpegQuality)),
  };
}
