/** @file Shaders that draw a head in linear light: shadow map, backdrop, skin, shirt, eyes, brows, lashes and hair. */

import { backdropWgsl } from "./backdrop.wgsl.ts";

/** Layout of the uniforms, in floats; `pictureUniforms.ts` fills it. */
export const headWgsl: string = /* wgsl */ `
struct Picture {
  viewProjection: mat4x4f,
  lightProjection: mat4x4f,
  eye: vec4f,
  light: vec4f,          // direction to the key light, w = wrap of the diffuse term
  lightColour: vec4f,    // w = strength of the shadow
  ambient: array<vec4f, 9>,
  skinTint: vec4f,       // w = layer
  skin: vec4f,           // roughness, specular, pores, stubble
  hair: vec4f,           // colour, layer
  brow: vec4f,           // colour, layer
  iris: vec4f,           // layer, highlight, darkness of the corners, lash layer
  shirt: vec4f,          // colour, neckline
  mask: vec4f,           // kind (0 none, 1 rigid, 2 soft, 3 transparent), gloss, texture level or opacity, seed
  maskTint: vec4f,       // w = layer of the mask's skin
  backdrop: Backdrop,
}

@group(0) @binding(0) var<uniform> picture: Picture;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var skins: texture_2d_array<f32>;
@group(0) @binding(3) var hairs: texture_2d_array<f32>;
@group(0) @binding(4) var details: texture_2d_array<f32>;
@group(0) @binding(5) var noise: texture_2d<f32>;
@group(1) @binding(0) var shadowMap: texture_depth_2d;
@group(1) @binding(1) var shadowSampler: sampler_comparison;

${backdropWgsl}

// A scene covers the crop and an edge of 10 % around it, for the lens to bend and blur into.
fn sceneToCrop(p: vec2f) -> vec2f { return (p - 0.5) * 1.2 + 0.5; }

struct VertexIn {
  @location(0) position: vec3f,
  @location(1) normal: vec3f,
  @location(2) uv: vec2f,
  @location(3) occlusion: f32,
  @location(4) base: vec3f,
}
struct Surface {
  @builtin(position) clip: vec4f,
  @location(0) position: vec3f,
  @location(1) normal: vec3f,
  @location(2) uv: vec2f,
  @location(3) occlusion: f32,
  @location(4) base: vec3f,
}

struct ScreenOut { @builtin(position) clip: vec4f, @location(0) p: vec2f }
@vertex fn screenVertex(@builtin(vertex_index) i: u32) -> ScreenOut {
  let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
  return ScreenOut(vec4f(corner * 2 - 1, 0.99999, 1), vec2f(corner.x, 1 - corner.y));
}

@fragment fn backdropFragment(in: ScreenOut) -> @location(0) vec4f {
  return vec4f(backdropAt(picture.backdrop, sceneToCrop(in.p)), 1);
}

@vertex fn surface(in: VertexIn) -> Surface {
  return Surface(picture.viewProjection * vec4f(in.position, 1), in.position, in.normal, in.uv, in.occlusion, in.base);
}
@vertex fn shirtSurface(in: VertexIn) -> Surface {
  let position = in.position + in.normal * 0.09;
  return Surface(picture.viewProjection * vec4f(position, 1), position, in.normal, in.uv, in.occlusion, in.base);
}

struct ShadowOut { @builtin(position) clip: vec4f, @location(0) uv: vec2f }
@vertex fn shadowVertex(in: VertexIn) -> ShadowOut {
  return ShadowOut(picture.lightProjection * vec4f(in.position, 1), in.uv);
}
@fragment fn shadowHair(in: ShadowOut) {
  if (textureSample(hairs, linear, in.uv, i32(picture.hair.w)).a < 0.5) { discard; }
}

fn shadowAt(position: vec3f, normal: vec3f) -> f32 {
  let p = picture.lightProjection * vec4f(position + normal * 0.03, 1);
  let uv = vec2f(p.x * 0.5 + 0.5, 0.5 - p.y * 0.5);
  var lit = 0.0;
  for (var i = 0; i < 4; i++) {
    let shift = (vec2f(f32(i & 1), f32(i >> 1)) - 0.5) * (2.6 / 256.0);
    lit += textureSampleCompareLevel(shadowMap, shadowSampler, uv + shift, p.z - 0.004);
  }
  return mix(1.0, lit * 0.25, picture.lightColour.w);
}

fn ambientAt(n: vec3f) -> vec3f {
  let a = picture.ambient;
  return max(vec3f(0), a[0].rgb + a[1].rgb * n.y + a[2].rgb * n.z + a[3].rgb * n.x + a[4].rgb * n.x * n.y
    + a[5].rgb * n.y * n.z + a[6].rgb * (3 * n.z * n.z - 1) + a[7].rgb * n.x * n.z + a[8].rgb * (n.x * n.x - n.y * n.y));
}

fn highlight(n: vec3f, v: vec3f, l: vec3f, roughness: f32) -> f32 {
  let h = normalize(v + l);
  let a = roughness * roughness;
  let nh = max(dot(n, h), 0.0);
  let e = nh * nh * (a * a - 1) + 1;
  let d = a * a / max(3.14159 * e * e, 1e-5);
  let nl = max(dot(n, l), 0.0);
  let nv = max(dot(n, v), 0.05);
  let k = a * 0.5;
  let g = 1.0 / ((nl * (1 - k) + k) * (nv * (1 - k) + k));
  let f = 0.028 + 0.972 * pow(clamp(1 - dot(v, h), 0.0, 1.0), 5.0);
  return min(d * g * f * nl * 0.25, 20.0);
}

// Diffuse light wraps round the terminator, most in red, as it does in scattering skin.
fn scattered(n: vec3f, l: vec3f, shadow: f32, wrap: f32) -> vec3f {
  let w = vec3f(1.0, 0.66, 0.52) * wrap;
  let d = max(vec3f(0), (dot(n, l) + w) / (1 + w));
  let soft = mix(vec3f(shadow), vec3f(sqrt(shadow), shadow, shadow), 0.45);
  return d * soft;
}

fn lit(albedo: vec3f, n: vec3f, in: Surface, roughness: f32, specular: f32, wrap: f32) -> vec3f {
  let v = normalize(picture.eye.xyz - in.position);
  let l = picture.light.xyz;
  let shadow = shadowAt(in.position, normalize(in.normal));
  let open = clamp(in.occlusion, 0.004, 1.0);
  let warm = mix(vec3f(open), pow(vec3f(open), vec3f(0.7, 1.0, 1.05)), 0.8);
  let diffuse = scattered(n, l, shadow, wrap) * picture.lightColour.rgb + ambientAt(n) * warm;
  let gloss = highlight(n, v, l, roughness) * shadow * picture.lightColour.rgb;
  let rim = pow(clamp(1 - dot(n, v), 0.0, 1.0), 5.0) * open;
  let mirror = ambientAt(reflect(-v, n)) * (0.028 + 0.35 * rim) * open * (1 - roughness);
  return albedo * diffuse + specular * (gloss + mirror);
}

// A bump from the noise texture's red and green (slopes), laid over the surface by its texture corners.
fn bumped(n: vec3f, slope: vec2f) -> vec3f {
  let t = normalize(cross(vec3f(0.013, 1, 0.01), n) + vec3f(1e-4, 0, 0));
  let b = cross(n, t);
  return normalize(n + t * slope.x + b * slope.y);
}

fn saturate3(c: vec3f, amount: f32) -> vec3f {
  return mix(vec3f(dot(c, vec3f(0.2126, 0.7152, 0.0722))), c, amount);
}

@fragment fn skinFragment(in: Surface) -> @location(0) vec4f {
  let texel = textureSample(skins, linear, in.uv, i32(picture.skinTint.w)).rgb;
  let fine = textureSample(noise, linear, in.uv * 9.0);
  let coarse = textureSample(noise, linear, in.uv * 2.3);
  var albedo = texel * picture.skinTint.rgb;
  // Blood under nose, cheeks and lips; blotches and pores.
  let pores = picture.skin.z;
  // Scattering reddens dark skin less than it does light skin; the textures overdo it.
  albedo = saturate3(albedo, mix(0.72, 1.0, smoothstep(0.05, 0.3, dot(albedo, vec3f(0.33)))));
  albedo *= 1 + pores * ((fine.b - 0.5) * 0.28 + (coarse.b - 0.5) * 0.22);
  albedo *= mix(vec3f(1), vec3f(1.05, 0.97, 0.96), clamp((coarse.a - 0.45) * 3.0 * pores, 0.0, 1.0));
  let beard = smoothstep(6.95, 6.7, in.base.y) * smoothstep(6.1, 6.3, in.base.y) * smoothstep(0.55, 0.95, in.base.z);
  let lips = smoothstep(0.42, 0.3, length((in.base.xy - vec2f(0, 6.58)) * vec2f(1, 2.0)));
  let stubble = beard * (1 - 0.9 * lips) * picture.skin.w * (0.55 + 0.9 * (fine.b - 0.3));
  albedo = mix(albedo, picture.brow.rgb * 0.8 + albedo * 0.15, clamp(stubble, 0.0, 0.8));
  let slope = (fine.rg - 0.5) * 0.34 * pores + (coarse.rg - 0.5) * 0.2 * pores;
  let n = bumped(normalize(in.normal), slope);
  // Forehead, nose and lips are oilier than the cheeks.
  let oil = smoothstep(0.5, 0.0, abs(in.base.x)) * smoothstep(6.4, 7.0, in.base.y);
  let roughness = clamp(picture.skin.x - 0.1 * oil - 0.12 * lips + (coarse.b - 0.5) * 0.2, 0.2, 0.8);
  return vec4f(lit(albedo, n, in, roughness, picture.skin.y * (0.7 + 0.6 * oil), picture.light.w), 1);
}

@fragment fn shirtFragment(in: Surface) -> @location(0) vec4f {
  let round = length(in.base.xz * vec2f(0.9, 1.0) - vec2f(0, 0.45));
  let edge = picture.shirt.w + 0.35 * smoothstep(0.2, 1.2, in.base.z) * -1.0 + 0.12 * round;
  if (in.base.y > edge) { discard; }
  let weave = textureSample(noise, linear, in.base.xy * 4.0);
  let folds = textureSample(noise, linear, in.base.xy * 0.35);
  let seam = smoothstep(0.0, 0.07, edge - in.base.y);
  let n = bumped(normalize(in.normal), (folds.rg - 0.5) * 0.8 + (weave.rg - 0.5) * 0.3);
  // Plain, striped or checked cloth.
  let cloth = cellHash(floor(picture.shirt.rg * 4096.0), picture.shirt.b);
  let pace = 4.0 + 14.0 * cloth.y;
  let wave = sin(in.base.xy * pace * 6.28318 * vec2f(0.5, 1.0));
  let pattern = mix(wave.y, wave.x * wave.y, step(0.5, cloth.z)) * step(0.5, cloth.x) * cloth.w;
  let albedo = picture.shirt.rgb * (0.8 + 0.4 * weave.b) * (0.7 + 0.3 * seam) * (1 + 0.6 * pattern);
  return vec4f(lit(albedo, n, in, 0.75, 0.25, 0.2), 1);
}

@fragment fn eyeFragment(in: Surface) -> @location(0) vec4f {
  let texel = textureSample(details, linear, in.uv, i32(picture.iris.x));
  if (texel.a < 0.5) { discard; }
  let n = normalize(in.normal + vec3f(0, 0, 1e-5));
  let v = normalize(picture.eye.xyz - in.position);
  let l = picture.light.xyz;
  let visible = clamp(in.occlusion, 0.004, 1.0);
  let open = visible * visible;
  let shadow = mix(1.0, shadowAt(in.position, n), 0.85);
  let albedo = min(texel.rgb * vec3f(1.12, 1.08, 1.04), vec3f(0.85));
  let diffuse = scattered(n, l, shadow, 0.3) * picture.lightColour.rgb * mix(0.5, 1.0, open) + ambientAt(n) * open;
  // The cornea bulges: its highlight sits on a steeper sphere than the eyeball's.
  let bulge = normalize(n + (n - v * dot(n, v)) * 0.6);
  let spark = highlight(bulge, v, l, 0.2) + 0.35 * highlight(bulge, v, normalize(l + vec3f(0.5, 0.7, 0.4)), 0.25);
  let mirror = ambientAt(reflect(-v, bulge)) * 0.05 * open;
  let glint = min(spark, 12.0) * picture.iris.y * picture.lightColour.rgb * shadow;
  return vec4f(albedo * diffuse + glint + mirror, 1);
}

@fragment fn browFragment(in: Surface) -> @location(0) vec4f {
  let texel = textureSample(details, linear, in.uv, i32(picture.brow.w));
  let a = clamp(texel.a * 1.5, 0.0, 0.94);
  return vec4f(lit(picture.brow.rgb, normalize(in.normal), in, 0.6, 0.15, 0.3) * a, a);
}
@fragment fn lashFragment(in: Surface) -> @location(0) vec4f {
  let a = clamp(textureSample(details, linear, in.uv, i32(picture.iris.w)).a * 1.1, 0.0, 0.85);
  return vec4f(vec3f(0.004) * a, a);
}

@fragment fn hairFragment(in: Surface) -> @location(0) vec4f {
  let texel = textureSample(hairs, linear, in.uv, i32(picture.hair.w));
  let strand = textureSample(noise, linear, in.uv * vec2f(7.0, 1.2));
  let shade = dot(texel.rgb, vec3f(0.333));
  let albedo = picture.hair.rgb * (0.35 + 6.5 * shade) * (0.6 + 0.8 * strand.b);
  let v = normalize(picture.eye.xyz - in.position);
  let l = picture.light.xyz;
  let n = bumped(normalize(in.normal), (strand.rg - 0.5) * 0.9);
  let shadow = shadowAt(in.position, n);
  let t = normalize(vec3f(strand.r - 0.5, -1, 0.35 * n.z));
  let h = normalize(l + v);
  let th = dot(normalize(t + n * (strand.b - 0.5) * 0.5), h);
  let sheen = pow(max(0.0, sqrt(max(0.0, 1 - th * th))) + 1e-6, 60.0) * max(0.0, dot(n, l) + 0.2) * 0.16;
  let open = 0.25 + 0.75 * clamp(in.occlusion, 0.0, 1.0);
  let tone = mix(vec3f(0.6), normalize(picture.hair.rgb + 0.02) * 1.2, 0.5);
  let colour = albedo * (scattered(n, l, shadow, 0.35) * picture.lightColour.rgb + ambientAt(n)) * open
    + sheen * tone * shadow * picture.lightColour.rgb * open;
  return vec4f(colour, clamp(texel.a * 1.6, 0.0, 1.0));
}

// Where the mask is, in base coordinates: > 0 inside, with holes for the eyes (and for mouth and nostrils).
fn maskField(base: vec3f) -> f32 {
  let soft = picture.mask.x > 1.5 && picture.mask.x < 2.5;
  let eyes = min(
    length((base.xy - vec2f(0.308, 7.275)) / vec2f(0.215, 0.125)),
    length((base.xy - vec2f(-0.308, 7.275)) / vec2f(0.215, 0.125)));
  let outline = 1.0 - length((base.xy - vec2f(0, 7.05)) / vec2f(0.74, 1.02));
  var field = min((eyes - 1.0) * 0.13, min(outline * 0.8, (base.z - 0.62) * 0.8));
  if (soft) {
    let mouth = length((base.xy - vec2f(0, 6.585)) / vec2f(0.27, 0.045));
    let hem = base.y - 6.02 - 0.08 * sin(base.x * 9.0 + picture.mask.w);
    field = min((eyes - 0.86) * 0.12, min((mouth - 1.0) * 0.05, hem));
  }
  return field;
}

@fragment fn shellFragment(in: Surface, @builtin(front_facing) front: bool) -> @location(0) vec4f {
  let field = maskField(in.base);
  let level = picture.mask.z;
  let texel = textureSampleLevel(skins, linear, in.uv, i32(picture.maskTint.w), level).rgb;
  let coarse = textureSample(noise, linear, in.uv * 1.7);
  let fine = textureSample(noise, linear, in.uv * 11.0);
  if (field < 0.0) { discard; }
  let soft = picture.mask.x > 1.5;
  var albedo = saturate3(texel, select(0.8, 0.9, soft)) * picture.maskTint.rgb;
  let lips = smoothstep(0.36, 0.26, length((in.base.xy - vec2f(0, 6.58)) * vec2f(1, 2.2)));
  albedo = mix(albedo, albedo * vec3f(1.0, 0.72, 0.7), lips * 0.4);
  albedo *= 0.96 + 0.08 * coarse.b;
  // The rim shows the thickness of the material: a bright edge with a dark gap behind it.
  let rim = smoothstep(0.035, 0.012, field);
  albedo = mix(albedo, select(vec3f(0.5, 0.44, 0.38), albedo * 0.75, soft), rim * select(0.8, 0.5, soft));
  let slope = select((coarse.rg - 0.5) * 0.05, (coarse.rg - 0.5) * 0.25 + (fine.rg - 0.5) * 0.05, soft);
  let n = bumped(normalize(in.normal), slope);
  let roughness = mix(0.5, 0.24, picture.mask.y);
  var colour = lit(albedo, n, in, roughness, mix(0.8, 2.2, picture.mask.y), 0.12);
  if (!front) { colour = albedo * 0.05; }
  return vec4f(colour, 1);
}

// Clear resin: the face shows through, paler at grazing angles, under the hard highlights of a smooth shell.
@fragment fn clearFragment(in: Surface) -> @location(0) vec4f {
  let field = maskField(in.base);
  let coarse = textureSample(noise, linear, in.uv * 1.3);
  if (field < 0.0) { discard; }
  let v = normalize(picture.eye.xyz - in.position);
  let n = bumped(normalize(in.normal), (coarse.rg - 0.5) * 0.12);
  let rim = smoothstep(0.04, 0.01, field);
  let grazing = pow(1 - max(dot(n, v), 0.0), 2.0);
  let cover = clamp(picture.mask.z * (0.8 + 0.4 * coarse.b) + 0.5 * grazing + 0.4 * rim, 0.0, 0.92);
  let body = lit(picture.maskTint.rgb, n, in, 0.5, 0.0, 0.5);
  let l = picture.light.xyz;
  let shadow = shadowAt(in.position, normalize(in.normal));
  let roughness = mix(0.3, 0.16, picture.mask.y);
  let second = normalize(l + vec3f(-0.9 * l.x, 0.8, 0.9));
  let shine = (highlight(n, v, l, roughness) * shadow + 0.3 * highlight(n, v, second, roughness)) * picture.lightColour.rgb;
  let mirror = ambientAt(reflect(-v, n)) * (0.05 + 0.6 * grazing);
  return vec4f(body * cover + 1.6 * shine + mirror, cover);
}
`;
