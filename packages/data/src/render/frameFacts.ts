/** @file What can truly be said of a rendered frame: caption facts and the scene column. */

import type { CaptionFacts } from "../captions/captionFacts.ts";
import type { Attack } from "../manifest/manifest.ts";
import type { Domain } from "./domains.ts";
import type { DrawnFrame } from "./drawFrame.ts";
import type { Frame, Medium } from "./scene.ts";

/** The facts of a frame; a cue is named only where the drawn parameters make it visible. */
export function frameFacts(drawn: DrawnFrame, attack: Attack): CaptionFacts {
  const { frame } = drawn;
  const { medium, person } = frame;
  // A partly covered person is who stands there; masks and paper faces leave the wearer's own hair in sight.
  const identity = attack === "partial" && person ? person.identity : drawn.identity;
  const hairWorn = person?.mask || medium?.region === "outline" ? person?.identity : null;
  return {
    label: attack === "none" ? "live" : "spoof",
    attack,
    sex: identity.sex,
    ageGroup: identity.age,
    skinTone: identity.tone,
    hair: (hairWorn ?? identity).hairName,
    light: frame.lighting.name,
    background: frame.backdrop.name,
    cues: cuesOf(frame, attack),
    ...(person?.mask?.kind === "transparent" ? { transparent: true } : {}),
  };
}

/** The scene column: how the frame was taken, as a short JSON object. */
export function frameScene(drawn: DrawnFrame, domain: Domain): string {
  const { frame, identity } = drawn;
  const { camera, medium } = frame;
  return JSON.stringify({
    camera: domain.camera.name,
    light: frame.lighting.name,
    background: frame.backdrop.name,
    medium: medium?.kind ?? (frame.person?.mask ? `${frame.person.mask.kind} mask` : "none"),
    ...(medium
      ? { region: medium.region, hasBorder: hasEdge(medium), glare: rounded(medium.glare[3] + medium.gloss) }
      : {}),
    sex: identity.sex,
    age: identity.age,
    tone: identity.tone,
    hair: identity.hairName,
    hairColour: identity.hairColourName,
    resolution: camera.resolution,
    jpegQuality: camera.jpegQuality,
  });
}

function cuesOf(frame: Frame, attack: Attack): string[] {
  const { medium, person, camera } = frame;
  const sharp = camera.resolution >= 84 && camera.readNoise < 0.012 && camera.blockQuality === null;
  const mask = person?.mask;
  const cues: (readonly [string, boolean])[] = {
    none: [
      ["skin texture", sharp],
      ["natural eye highlight", sharp],
      ["natural depth", true],
    ] as const,
    print: [
      ["halftone dots", medium !== null && medium.dots[0] > 0.5 && sharp],
      ["paper border", medium !== null && hasEdge(medium)],
      ["bent paper", medium !== null && Math.max(...medium.bend) > 0.5],
      ["paper glare", (medium?.gloss ?? 0) > 0.15],
      ["flat shading", true],
    ] as const,
    replay: [
      ["screen pixels", (medium?.screen[1] ?? 0) > 0.4 && sharp],
      ["moire", (medium?.screen[1] ?? 0) > 0.3],
      ["screen glare", (medium?.glare[3] ?? 0) > 0.25],
      ["bezel", medium !== null && hasEdge(medium) && medium.bezelTone < 0.1],
      ["light bezel", medium !== null && hasEdge(medium) && medium.bezelTone >= 0.1],
    ] as const,
    cutout: [
      ["cut eye holes", true],
      ["cut edge", true],
      ["halftone dots", medium !== null && medium.dots[0] > 0.6 && sharp],
    ] as const,
    rigidMask: [
      ["hard mask rim", true],
      ["plastic shine", (mask?.gloss ?? 0) > 0.55],
      ["frozen mouth", true],
    ] as const,
    softMask:
      mask?.kind === "transparent"
        ? ([
            ["see-through shell", true],
            ["hard shine", true],
            ["hard mask rim", true],
          ] as const)
        : ([
            ["rubber skin", true],
            ["loose mask edge", true],
          ] as const),
    partial: [
      ["covered part", true],
      ["paper glasses", medium?.region === "eyes"],
      ["cut edge", true],
    ] as const,
  }[attack].map(([cue, seen]) => [cue, seen]);
  return cues.filter(([, seen]) => seen).map(([cue]) => cue);
}

/** Whether an edge of the sheet or screen lies in the crop. */
function hasEdge(medium: Medium): boolean {
  return medium.sheet.some((edge, i) => Math.abs(edge) < (i % 2 === 0 ? 1 : 0.75));
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
