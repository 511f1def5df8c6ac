/** @file What lies behind the person or behind the medium: walls, rooms and gardens, out of focus. */

/** Declares `Backdrop` and `backdropAt`; needs `noise` and `linear` in scope. */
export const backdropWgsl: string = /* wgsl */ `
struct Backdrop {
  a: vec4f,      // colour, kind (0 plain wall, 1 textured wall, 2 room, 3 garden)
  b: vec4f,      // colour, seed
  c: vec4f,      // colour, scale
  light: vec4f,  // brightness, direction of the gradient x, y, strength
}

fn cellHash(p: vec2f, seed: f32) -> vec4f {
  var q = vec3u(vec3i(vec3f(p, seed * 97.0)) + 4096);
  q = q * vec3u(1664525u, 1013904223u, 22695477u) + vec3u(q.y, q.z, q.x) * 747796405u;
  q ^= q >> vec3u(13u);
  q = q * 2654435769u + q.yzx;
  q ^= q >> vec3u(16u);
  return vec4f(vec4u(q, q.x ^ q.y) & vec4u(0xffffu)) / 65535.0;
}

// A door, a window, a poster or a monitor behind the person: straight edges in sight, light or dark, thin or broad.
fn withFrame(backdrop: Backdrop, p: vec2f, colour: vec3f) -> vec3f {
  let seed = backdrop.b.w;
  let kind = cellHash(vec2f(21.0, 5.0), seed + 3.0);
  let place = cellHash(vec2f(23.0, 7.0), seed + 4.0);
  let look = cellHash(vec2f(25.0, 11.0), seed + 5.0);
  if (kind.x > 0.8) { return colour; }
  let angle = (kind.y - 0.5) * 0.3;
  let middle = vec2f(0.5) + (place.xy - 0.5) * 0.5;
  let d = p - middle;
  let q = abs(vec2f(cos(angle) * d.x - sin(angle) * d.y, sin(angle) * d.x + cos(angle) * d.y));
  let half = vec2f(0.3 + 0.3 * place.z, 0.3 + 0.35 * place.w);
  let outside = max(q.x - half.x, q.y - half.y);
  let soft = 0.006 + 0.02 * look.x;
  let border = 0.015 + 0.13 * look.y * look.y;
  let inner = mix(colour, mix(backdrop.b.rgb, backdrop.c.rgb, look.z), 0.25 + 0.75 * kind.z);
  let rim = mix(vec3f(0.02), vec3f(0.85, 0.84, 0.8), step(0.5, look.w));
  let edged = mix(rim, inner, smoothstep(-border + soft, -border - soft, outside));
  return mix(edged, colour, smoothstep(-soft, soft, outside));
}

// Plaster, wallpaper, cloth, blinds and mesh: fine texture, in focus or nearly.
fn withTexture(backdrop: Backdrop, p: vec2f, colour: vec3f) -> vec3f {
  let h = cellHash(vec2f(31.0, 13.0), backdrop.b.w + 6.0);
  let g = cellHash(vec2f(33.0, 17.0), backdrop.b.w + 7.0);
  let angle = 3.14159 * g.x;
  let q = vec2f(cos(angle) * p.x - sin(angle) * p.y, sin(angle) * p.x + cos(angle) * p.y) * (20.0 + 50.0 * g.y);
  let weave = sin(6.28318 * q.x) * mix(1.0, sin(6.28318 * q.y), step(0.4, g.z));
  let grain = textureSampleLevel(noise, linear, p * (1.5 + 3.0 * g.w), 0.0).b - 0.5;
  return colour * (1 + (h.x * h.x * 0.4) * weave + h.y * 0.9 * grain);
}

// p: 0..1 across the camera's crop, y down.
fn backdropAt(backdrop: Backdrop, p: vec2f) -> vec3f {
  let kind = backdrop.a.w;
  let seed = backdrop.b.w;
  let scale = backdrop.c.w;
  let q = p * scale + vec2f(seed * 7.3, seed * 3.1);
  let gradient = dot(p - 0.5, backdrop.light.yz) * backdrop.light.w;
  var colour = backdrop.a.rgb * (1 + gradient);
  if (kind > 0.5 && kind < 1.5) {
    let grain = textureSampleLevel(noise, linear, q * 0.6, 0.0).b + textureSampleLevel(noise, linear, q * 0.15, 0.0).b;
    colour *= 0.62 + 0.38 * grain;
    let panel = smoothstep(0.49, 0.5, abs(fract(q.x * 0.45) - 0.5));
    colour *= 1 - 0.35 * panel * backdrop.c.r;
  } else if (kind > 1.5 && kind < 2.5) {
    // Furniture, frames and windows as soft rectangles.
    for (var i = 0; i < 5; i++) {
      let h = cellHash(vec2f(f32(i), 3.0), seed);
      let g = cellHash(vec2f(f32(i), 9.0), seed + 1.0);
      let d = abs(p - vec2f(h.x, h.y) * 1.2 + 0.1) - vec2f(0.06 + 0.22 * g.x, 0.08 + 0.3 * g.y);
      let inside = smoothstep(0.03 + 0.05 * g.z, -0.02, max(d.x, d.y));
      let tone = mix(backdrop.b.rgb, backdrop.c.rgb, h.z) * (0.4 + 1.3 * g.w * g.w);
      colour = mix(colour, tone, inside * 0.85);
    }
    colour *= 0.85 + 0.3 * textureSampleLevel(noise, linear, q * 0.1, 2.0).b;
  } else if (kind > 2.5) {
    let leaves = textureSampleLevel(noise, linear, q * 0.35, 1.0).b * 0.6 + textureSampleLevel(noise, linear, q * 0.9, 1.0).b * 0.4;
    let horizon = 0.35 + 0.25 * cellHash(vec2f(1, 1), seed).x + 0.15 * (textureSampleLevel(noise, linear, vec2f(q.x * 0.12, seed), 1.0).b - 0.5);
    let sky = mix(backdrop.c.rgb * 1.5, backdrop.c.rgb * 0.9, clamp(p.y * 1.6, 0.0, 1.0));
    let green = mix(backdrop.a.rgb, backdrop.b.rgb, leaves) * (0.35 + 1.1 * leaves);
    colour = mix(sky, green, smoothstep(horizon - 0.06, horizon + 0.06, p.y + (leaves - 0.5) * 0.3));
    // Circles of confusion.
    let cell = floor(p * 6.0);
    let h = cellHash(cell, seed + 2.0);
    let blob = smoothstep(0.3, 0.22, length(fract(p * 6.0) - 0.3 - 0.4 * h.xy));
    colour += backdrop.c.rgb * blob * step(0.6, h.z) * 0.35 * leaves;
  }
  if (kind < 2.5) { colour = withTexture(backdrop, p, colour); }
  colour = withFrame(backdrop, p, colour);
  return max(colour, vec3f(0)) * backdrop.light.x;
}
`;
