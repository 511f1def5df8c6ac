/** @file Shows a picture to the camera on paper or on a screen, whole, cut out or in part, in linear light. */

import { backdropWgsl } from "./backdrop.wgsl.ts";

export const presentationWgsl: string = /* wgsl */ `
${backdropWgsl}

struct Presentation {
  kind: vec4f,        // 1 print, 2 replay, 3 paper in front of a person; region; seed; gloss
  warp: vec4f,        // cos and sin of roll, tilt x, tilt y
  bend: vec4f,        // curvature across, curvature down, border share, tone of the paper or of the bezel
  faceA: vec4f,       // face in the shown picture: centre, size (0..1 of the scene)
  faceCrop: vec4f,    // face in the camera's crop: centre, size
  sheet: vec4f,       // sheet around the face, in faces: left, top, right, bottom
  eyesA: vec4f,       // left and right eye in the shown picture
  eyesCrop: vec4f,    // left and right eye of the person behind, in the crop
  hole: vec4f,        // half-size of the eye holes in faces; strength of the dots; dots across a face
  screen: vec4f,      // pixels across a face, contrast of the sub-pixels, black level, brightness
  glare: vec4f,       // centre in the crop, radius, strength
  tone: vec4f,        // exposure, contrast, warmth, noise of the camera that took the shown picture
  light: vec4f,       // direction of the key light; strength of the shadow
  lightColour: vec4f, // w = saturation of the inks or of the display
  ambient: vec4f,     // w = whiteness of a cut edge
  ambientSide: vec4f,
  backdrop: Backdrop,
}

@group(0) @binding(0) var<uniform> show: Presentation;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var noise: texture_2d<f32>;
@group(0) @binding(3) var shown: texture_2d<f32>;
@group(0) @binding(4) var behind: texture_2d<f32>;

fn cropToScene(p: vec2f) -> vec2f { return (p - 0.5) / 1.2 + 0.5; }
fn sceneToCrop(p: vec2f) -> vec2f { return (p - 0.5) * 1.2 + 0.5; }

struct Pass { @builtin(position) clip: vec4f, @location(0) p: vec2f, @location(1) @interpolate(flat) exposure: f32 }

@vertex fn presentVertex(@builtin(vertex_index) i: u32) -> Pass {
  let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
  // The camera that took the shown picture exposed it for its own mean.
  var mean = 0.0;
  for (var k = 0; k < 64; k++) {
    let at = vec2f(f32(k & 7) + 0.5, f32(k >> 3) + 0.5) / 8.0;
    mean += dot(textureSampleLevel(shown, linear, 0.5 + (at - 0.5) * 0.6, 0.0).rgb, vec3f(0.2126, 0.7152, 0.0722));
  }
  return Pass(vec4f(corner * 2 - 1, 0, 1), vec2f(corner.x, 1 - corner.y), 0.27 * 64.0 / max(mean, 0.2) * show.tone.x);
}

fn taken(uv: vec2f, exposure: f32) -> vec3f {
  let c = textureSampleLevel(shown, linear, uv, 0.0).rgb * exposure;
  let grain = (textureSampleLevel(noise, linear, uv * 31.0, 0.0).rgb - 0.5) * show.tone.w;
  let warm = vec3f(1 + show.tone.z, 1.0, 1 - show.tone.z);
  let x = clamp(c * warm + grain * 0.1, vec3f(0), vec3f(4));
  let curve = x * (1 + x * 0.12) / (1 + x * 0.62) * show.tone.y * 1.25;
  return clamp(mix(vec3f(dot(curve, vec3f(0.2126, 0.7152, 0.0722))), curve, show.lightColour.w), vec3f(0), vec3f(1));
}

// Position on the medium, in faces around the face's middle.
fn onMedium(p: vec2f) -> vec2f {
  var d = p - show.faceCrop.xy;
  d = vec2f(show.warp.x * d.x - show.warp.y * d.y, show.warp.y * d.x + show.warp.x * d.y);
  d /= 1 + dot(show.warp.zw, d);
  let b = show.bend.xy;
  if (b.x > 0.01) { d.x = asin(clamp(d.x * b.x, -0.99, 0.99)) / b.x; }
  if (b.y > 0.01) { d.y = asin(clamp(d.y * b.y, -0.99, 0.99)) / b.y; }
  return d / show.faceCrop.zw;
}

fn sourceOf(f: vec2f) -> vec2f { return show.faceA.xy + f * show.faceA.zw; }

fn dot1(f: vec2f, angle: f32) -> f32 {
  let c = cos(angle);
  let s = sin(angle);
  let q = vec2f(c * f.x - s * f.y, s * f.x + c * f.y) * show.hole.w * 6.28318;
  return 0.5 + 0.25 * (cos(q.x) + cos(q.y));
}

fn inked(c: vec3f, f: vec2f) -> vec3f {
  var tone = pow(c, vec3f(1.0 / 2.2));
  tone = mix(tone, tone * tone * (3 - 2 * tone), 0.65);
  let aspect = vec2f(1, show.faceCrop.w / show.faceCrop.z);
  let q = f * aspect;
  let screen = vec3f(dot1(q, 0.26), dot1(q, 1.31), dot1(q, 0.0));
  let dots = smoothstep(vec3f(-0.16), vec3f(0.16), tone - (1 - screen) * 0.9 - 0.05);
  let ink = mix(tone, dots, show.hole.z);
  return mix(vec3f(0.04, 0.038, 0.042), vec3f(0.8, 0.78, 0.74), pow(ink, vec3f(2.0)));
}

fn paperLight(p: vec2f, f: vec2f) -> vec3f {
  let b = show.bend.xy;
  let n = normalize(vec3f(f.x * show.faceCrop.z * b.x + show.warp.z * 0.6, -f.y * show.faceCrop.w * b.y + show.warp.w * 0.6, 1));
  let l = show.light.xyz;
  let diffuse = max(0.0, dot(n, l)) * show.lightColour.rgb + show.ambient.rgb + show.ambientSide.rgb * n.x;
  return diffuse;
}

fn paperGloss(p: vec2f, f: vec2f) -> vec3f {
  let r = p - show.glare.xy;
  let wave = textureSampleLevel(noise, linear, f * 0.15 + show.kind.z, 1.0).rg - 0.5;
  let d = length(r + wave * 0.12) / show.glare.z;
  return show.lightColour.rgb * show.kind.w * exp(-d * d);
}

fn paper(p: vec2f, f: vec2f, exposure: f32) -> vec3f {
  let s = show.sheet;
  let border = show.bend.z;
  let inner = min(min(f.x - s.x, s.z - f.x), min(f.y - s.y, s.w - f.y));
  let fibre = 0.965 + 0.07 * (textureSampleLevel(noise, linear, f * 3.0, 0.0).b);
  let white = vec3f(0.84, 0.83, 0.8) * show.bend.w;
  var c = select(inked(taken(sourceOf(f), exposure), f), white, inner < border);
  return c * fibre * paperLight(p, f) + paperGloss(p, f);
}

fn screenColour(p: vec2f, f: vec2f, exposure: f32) -> vec3f {
  let aspect = vec2f(1, show.faceCrop.w / show.faceCrop.z);
  let grid = f * aspect * show.screen.x;
  let cell = (floor(grid) + 0.5) / show.screen.x / aspect;
  let c = taken(sourceOf(cell), exposure);
  let at = fract(grid);
  let third = vec3f(1.0 / 6.0, 0.5, 5.0 / 6.0);
  let away = abs(at.x - third);
  let stripe = smoothstep(vec3f(0.26), vec3f(0.1), min(away, 1 - away)) * 2.3 + 0.1;
  let row = smoothstep(0.0, 0.12, at.y) * smoothstep(1.0, 0.86, at.y) * 1.18;
  let grille = mix(vec3f(1), stripe * row, show.screen.y);
  let emitted = (c * grille * vec3f(0.94, 0.98, 1.05) + show.screen.z) * show.screen.w;
  let r = (p - show.glare.xy) / show.glare.z;
  let lamp = exp(-dot(r, r)) + 0.25 * exp(-r.x * r.x * 9.0) * step(0.5, show.kind.w);
  let room = backdropAt(show.backdrop, vec2f(1 - p.x, p.y) * 0.8) * 0.035;
  return emitted + show.glare.w * lamp * show.lightColour.rgb + room;
}

// > 0 where the sheet covers the person, in faces.
fn coverField(f: vec2f) -> f32 {
  let region = show.kind.y;
  let s = show.sheet;
  let sheet = min(min(f.x - s.x, s.z - f.x), min(f.y - s.y, s.w - f.y));
  let left = (show.eyesA.xy - show.faceA.xy) / show.faceA.zw;
  let right = (show.eyesA.zw - show.faceA.xy) / show.faceA.zw;
  let holes = (min(length((f - left) / show.hole.xy), length((f - right) / show.hole.xy)) - 1) * show.hole.y;
  let rough = (textureSampleLevel(noise, linear, f * 0.7 + show.kind.z, 1.0).b - 0.5) * 0.05;
  if (region < 0.5) { return min(sheet, holes + rough * 0.3); }
  if (region < 1.5) {
    let outline = (1 - length(f / vec2f(0.53, 0.56))) * 0.5 + rough * 0.5;
    return min(min(sheet, holes + rough * 0.3), outline);
  }
  if (region < 2.5) { return min(0.16 - abs(f.y - left.y) + rough * 0.4, 0.62 - abs(f.x)); }
  if (region < 3.5) { return min(f.y - 0.06 + rough, min(0.5 - abs(f.x), 0.56 - f.y)); }
  if (region < 4.5) { return min(f.x + rough + 0.02, 0.56 - length(f * vec2f(1, 0.95))); }
  return (1 - length((f - vec2f(0, 0.16)) / vec2f(0.3, 0.32))) * 0.3 + rough;
}

fn behindAt(p: vec2f, f: vec2f) -> vec3f {
  var q = p;
  if (show.kind.y < 1.5) {
    // The person behind the sheet brings the eyes to the holes.
    let left = (show.eyesA.xy - show.faceA.xy) / show.faceA.zw;
    let right = (show.eyesA.zw - show.faceA.xy) / show.faceA.zw;
    let toLeft = length((f - left) / show.hole.xy);
    let toRight = length((f - right) / show.hole.xy);
    let eye = select(show.eyesCrop.zw, show.eyesCrop.xy, toLeft < toRight);
    let hole = select(right, left, toLeft < toRight);
    if (min(toLeft, toRight) < 1.4) { q = eye + (f - hole) * show.faceCrop.zw; }
  }
  return textureSampleLevel(behind, linear, cropToScene(q), 0.0).rgb;
}

fn composed(p: vec2f, exposure: f32) -> vec3f {
  let f = onMedium(p);
  let s = show.sheet;
  let sheet = min(min(f.x - s.x, s.z - f.x), min(f.y - s.y, s.w - f.y));
  if (show.kind.x > 2.5) {
    let field = coverField(f);
    if (field > 0.0) {
      let edge = smoothstep(0.022, 0.008, field);
      let base = paper(p, f, exposure);
      return mix(base, vec3f(0.86, 0.85, 0.82) * paperLight(p, f), edge * show.ambient.w);
    }
    let shade = smoothstep(0.0, 0.09, -coverField(f - show.light.xy * vec2f(-1, 1) * 0.035));
    return behindAt(p, f) * mix(0.5, 1.0, shade);
  }
  let room = backdropAt(show.backdrop, p);
  if (show.kind.x > 1.5) {
    if (sheet > 0.0) { return screenColour(p, f, exposure); }
    let bezel = show.bend.z;
    let frame = smoothstep(0.0, 0.012, sheet + bezel);
    let gleam = smoothstep(0.02, 0.0, abs(sheet + bezel * 0.92)) * 0.1;
    let around = show.ambient.rgb + 0.7 * max(show.light.z, 0.0) * show.lightColour.rgb;
    return mix(room, show.bend.w * around + (gleam + 0.02) * show.ambient.rgb, frame);
  }
  if (sheet > 0.0) { return paper(p, f, exposure); }
  let shade = smoothstep(0.0, 0.1, -sheet);
  return room * mix(0.55, 1.0, shade);
}

@fragment fn presentFragment(in: Pass) -> @location(0) vec4f {
  let size = 1.0 / f32(textureDimensions(shown).x);
  var sum = vec3f(0);
  for (var i = 0; i < 4; i++) {
    let shift = (vec2f(f32(i & 1), f32(i >> 1)) - 0.5) * 0.5 * size;
    sum += composed(sceneToCrop(in.p + shift), in.exposure);
  }
  return vec4f(sum * 0.25, 1);
}
`;
