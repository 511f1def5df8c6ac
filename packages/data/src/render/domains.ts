/** @file The twelve rendered domains: camera, light, background, compression and attacks of each. */

import type { Attack } from "../manifest/manifest.ts";
import type { BackdropKind } from "./drawBackdrop.ts";
import type { LightKind } from "./drawLighting.ts";

type Range = readonly [number, number];

/** Ranges from which a domain's cameras are drawn; the units are those of `Camera`. */
export interface CameraStyle {
  readonly name: string;
  readonly resolution: Range;
  readonly defocus: Range;
  readonly noise: Range;
  readonly chromaNoise: Range;
  readonly target: Range;
  readonly warmth: Range;
  readonly green: Range;
  readonly autoBalance: Range;
  readonly spread: Range;
  readonly saturation: Range;
  readonly contrast: Range;
  readonly distortion: Range;
  readonly vignette: Range;
  readonly sharpening: Range;
  readonly motion: Range;
  readonly infrared: Range;
  readonly band: Range;
  readonly black: Range;
  readonly blockQuality: Range | null;
  readonly jpegQuality: Range;
}

/** One domain. */
export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly camera: CameraStyle;
  readonly lights: readonly LightKind[];
  readonly backdrops: readonly BackdropKind[];
  /** Attacks, each alike often. */
  readonly attacks: readonly Exclude<Attack, "none">[];
}

const phone: CameraStyle = {
  name: "phone",
  resolution: [108, 172],
  defocus: [0, 0.5],
  noise: [0.003, 0.02],
  chromaNoise: [0.3, 0.7],
  target: [0.17, 0.3],
  warmth: [-0.09, 0.09],
  green: [-0.02, 0.02],
  autoBalance: [0.85, 0.97],
  spread: [0.15, 0.23],
  saturation: [0.9, 1.2],
  contrast: [0.05, 0.4],
  distortion: [-0.03, 0.05],
  vignette: [0.1, 0.5],
  sharpening: [0, 0.9],
  motion: [0, 0.6],
  infrared: [0, 0],
  band: [0, 0],
  black: [0, 0.02],
  blockQuality: null,
  jpegQuality: [86, 93],
};

const webcam: CameraStyle = {
  ...phone,
  name: "webcam",
  resolution: [88, 116],
  defocus: [0.2, 0.8],
  noise: [0.008, 0.02],
  sharpening: [0.3, 1],
  saturation: [0.75, 1],
  jpegQuality: [66, 76],
};

/** The domains, D1 (training) first. */
export const domains: readonly Domain[] = [
  {
    id: "D1",
    name: "phone, daylight and rooms",
    camera: phone,
    lights: ["daylight", "daylight", "overhead", "tungsten"],
    backdrops: ["wall", "texturedWall", "room", "garden"],
    attacks: ["print", "replay", "cutout", "rigidMask"],
  },
  {
    id: "D2",
    name: "webcam, warm lamp",
    camera: { ...webcam, warmth: [0.02, 0.14] },
    lights: ["tungsten"],
    backdrops: ["room", "wall"],
    attacks: ["print"],
  },
  {
    id: "D3",
    name: "phone in dim light",
    camera: {
      ...phone,
      name: "phone at night",
      noise: [0.02, 0.045],
      defocus: [0.2, 0.9],
      target: [0.12, 0.22],
    },
    lights: ["dim"],
    backdrops: ["room", "texturedWall"],
    attacks: ["replay"],
  },
  {
    id: "D4",
    name: "tablet, strong side light",
    camera: { ...phone, name: "tablet", contrast: [0.2, 0.6], jpegQuality: [78, 88] },
    lights: ["side"],
    backdrops: ["wall", "room"],
    attacks: ["replay"],
  },
  {
    id: "D5",
    name: "laptop, back light",
    camera: { ...webcam, name: "laptop", black: [0.02, 0.07], contrast: [0, 0.2] },
    lights: ["back"],
    backdrops: ["room", "garden"],
    attacks: ["replay", "print"],
  },
  {
    id: "D6",
    name: "video codec, fluorescent light",
    camera: {
      ...webcam,
      name: "video call",
      green: [0.02, 0.07],
      blockQuality: [18, 34],
      jpegQuality: [84, 92],
    },
    lights: ["fluorescent"],
    backdrops: ["wall", "room"],
    attacks: ["print", "cutout"],
  },
  {
    id: "D7",
    name: "wide angle, outdoors",
    camera: { ...phone, name: "wide-angle camera", distortion: [0.3, 0.75], vignette: [0.4, 1] },
    lights: ["sun"],
    backdrops: ["garden"],
    attacks: ["cutout", "print"],
  },
  {
    id: "D8",
    name: "surveillance camera",
    camera: {
      ...webcam,
      name: "surveillance camera",
      resolution: [52, 76],
      defocus: [0.5, 1.2],
      sharpening: [0.2, 0.9],
      saturation: [0.5, 0.9],
      jpegQuality: [60, 75],
    },
    lights: ["overhead"],
    backdrops: ["room", "texturedWall"],
    attacks: ["print", "replay", "cutout"],
  },
  {
    id: "D9",
    name: "rolling shutter flicker",
    camera: { ...webcam, name: "flickering webcam", band: [0.08, 0.2], motion: [0.2, 1.2] },
    lights: ["fluorescent", "overhead"],
    backdrops: ["room", "wall"],
    attacks: ["replay"],
  },
  {
    id: "D10",
    name: "near infrared",
    camera: {
      ...webcam,
      name: "infrared camera",
      infrared: [1, 1],
      noise: [0.008, 0.02],
      contrast: [0, 0.3],
    },
    lights: ["infrared"],
    backdrops: ["wall", "room"],
    attacks: ["print", "cutout"],
  },
  {
    id: "D11",
    name: "door camera, rigid masks",
    camera: {
      ...phone,
      name: "door camera",
      resolution: [96, 130],
      distortion: [0.1, 0.35],
      jpegQuality: [76, 86],
    },
    lights: ["daylight", "overhead"],
    backdrops: ["texturedWall", "room", "garden"],
    attacks: ["rigidMask"],
  },
  {
    id: "D12",
    name: "kiosk, soft masks and covered faces",
    camera: {
      ...phone,
      name: "kiosk camera",
      resolution: [100, 140],
      saturation: [0.8, 1.1],
      jpegQuality: [80, 90],
    },
    lights: ["overhead", "fluorescent"],
    backdrops: ["room", "wall"],
    attacks: ["softMask", "partial"],
  },
];
