/** @file What a frame shows and how it is taken, as plain data: light, backdrop, picture, medium and camera. */

import type { Identity } from "./identity.ts";
import type { MaskShape, Pose } from "./headGeometry.ts";

export type Colour = readonly [number, number, number];

/** A key light and the light of the surroundings. */
export interface Lighting {
  /** Noun phrase that follows "in". */
  readonly name: string;
  /** Unit vector towards the key light. */
  readonly direction: Colour;
  readonly colour: Colour;
  /** Wrap of the diffuse term, larger for larger lamps. */
  readonly wrap: number;
  /** 0 = no cast shadow, 1 = full. */
  readonly shadow: number;
  /** Nine coefficients: 1, y, z, x, xy, yz, 3z²−1, xz, x²−y². */
  readonly ambient: readonly Colour[];
}

/** What lies behind the person, or behind the medium. */
export interface Backdrop {
  /** Noun phrase that follows "before". */
  readonly name: string;
  readonly kind: 0 | 1 | 2 | 3;
  readonly a: Colour;
  readonly b: Colour;
  readonly c: Colour;
  readonly seed: number;
  readonly scale: number;
  readonly brightness: number;
  readonly gradient: readonly [number, number, number];
}

/** Where the face's box lies in the crop: centre and size, 0..1. */
export interface Framing {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** A head before a backdrop, seen from a distance. */
export interface Picture {
  readonly identity: Identity;
  readonly pose: Pose;
  readonly expression: ReadonlyMap<string, number>;
  readonly lighting: Lighting;
  readonly backdrop: Backdrop;
  readonly framing: Framing;
  /** Decimetres from the head. */
  readonly distance: number;
  readonly mask: Mask | null;
}

/** A mask worn before the face. */
export interface Mask extends MaskShape {
  readonly kind: "rigid" | "soft" | "transparent";
  /** 0 = matt, 1 = glossy plastic. */
  readonly gloss: number;
  /** Mip level at which the face's texture is printed on the mask. */
  readonly textureLevel: number;
  readonly tint: Colour;
  /** Share of the light that the mask's own colour covers, seen from the front; 1 hides the face. */
  readonly opacity: number;
}

/** Parts of a face that a sheet in front of a person covers. */
export const regions = ["sheet", "outline", "eyes", "lower", "half", "mouth"] as const;
export type Region = (typeof regions)[number];

/** Paper or a screen between the camera and the world. */
export interface Medium {
  readonly kind: "print" | "replay" | "cover";
  readonly region: Region;
  readonly seed: number;
  /** Strength of the paper's gloss, or of the screen's streak. */
  readonly gloss: number;
  readonly roll: number;
  readonly tilt: readonly [number, number];
  readonly bend: readonly [number, number];
  /** White border or bezel, in faces. */
  readonly border: number;
  readonly paperTone: number;
  /** Albedo of a device's frame. */
  readonly bezelTone: number;
  /** How white a cut edge shows the paper's inside. */
  readonly cutEdge: number;
  /** Sheet around the face's middle in faces: left, top, right, bottom. */
  readonly sheet: readonly [number, number, number, number];
  /** Half-size of the eye holes in faces. */
  readonly hole: readonly [number, number];
  /** Share of halftone (the rest is continuous ink), and dots across a face. */
  readonly dots: readonly [number, number];
  /** Screen pixels across a face, sub-pixel contrast, black level, brightness. */
  readonly screen: readonly [number, number, number, number];
  /** Centre in the crop, radius, strength. */
  readonly glare: readonly [number, number, number, number];
  /** Exposure, contrast, warmth and noise of the camera that took the shown picture. */
  readonly tone: readonly [number, number, number, number];
  /** Saturation of inks or of the display; 1 keeps the colours of the shown picture. */
  readonly vividness: number;
}

/** The camera that takes the frame. */
export interface Camera {
  readonly distortion: number;
  readonly lensCentre: readonly [number, number];
  readonly vignette: number;
  /** Sensor pixels. */
  readonly defocus: number;
  readonly motion: readonly [number, number];
  /** Sensor pixels across the crop. */
  readonly resolution: number;
  readonly target: number;
  readonly autoExposure: number;
  readonly autoBalance: number;
  readonly autoContrast: number;
  /** Deviation of the encoded luma that automatic contrast aims at. */
  readonly spread: number;
  readonly balance: Colour;
  readonly saturation: number;
  readonly readNoise: number;
  readonly shotNoise: number;
  readonly chromaNoise: number;
  readonly noiseSeed: number;
  readonly contrast: number;
  readonly black: number;
  readonly infrared: number;
  readonly sharpening: number;
  readonly band: readonly [number, number, number, number];
  /** Quality of the video codec's 8×8 blocks before the file's own JPEG; null = none. */
  readonly blockQuality: number | null;
  readonly jpegQuality: number;
}

/** One frame: a live or masked person, or a medium that shows a picture. */
export interface Frame {
  /** The person before the camera; null for prints and replays. */
  readonly person: Picture | null;
  /** The picture that the medium shows. */
  readonly shown: Picture | null;
  readonly medium: Medium | null;
  /** Light on the medium and the room around it. */
  readonly lighting: Lighting;
  readonly backdrop: Backdrop;
  readonly framing: Framing;
  readonly camera: Camera;
}
