/** @file The one camera that every frame passes last: lens, exposure, sensor, tone curve and resampling. */

export const cameraWgsl: string = /* wgsl */ `
struct Camera {
  lens: vec4f,      // distortion, centre of the lens in the crop x, y, vignette
  blur: vec4f,      // defocus in sensor pixels, motion x, y in sensor pixels, sensor pixels across the crop
  exposure: vec4f,  // target mean, share of automatic exposure, of automatic white balance, of automatic contrast
  balance: vec4f,   // white-balance gains, saturation
  noise: vec4f,     // read noise, shot noise, seed, chroma share
  tone: vec4f,      // contrast, black, near-infrared share, sharpening
  band: vec4f,      // strength, period in crops, phase, row noise
  grade: vec4f,     // target deviation of the encoded luma
}

@group(0) @binding(0) var<uniform> camera: Camera;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var scene: texture_2d<f32>;

struct Pass {
  @builtin(position) clip: vec4f,
  @location(0) p: vec2f,
  @location(1) @interpolate(flat) gain: vec3f,
  @location(2) @interpolate(flat) power: f32,
}

const luma = vec3f(0.2126, 0.7152, 0.0722);

fn encode(c: vec3f) -> vec3f {
  let low = c * 12.92;
  let high = 1.055 * pow(max(c, vec3f(0.0031308)), vec3f(1.0 / 2.4)) - 0.055;
  return select(high, low, c < vec3f(0.0031308));
}

fn seenBy(c: vec3f) -> vec3f {
  return mix(c, vec3f(dot(c, vec3f(0.62, 0.33, 0.05))), camera.tone.z);
}

// A power of the luminance around the exposed grey spreads or gathers the tones; colours keep their ratios.
fn graded(c: vec3f, power: f32) -> vec3f {
  let y = clamp(dot(c, luma), 0.002, 4.0);
  return c * pow(y / camera.exposure.x, power - 1);
}

// From exposed linear light to the encoded picture.
fn developed(linearLight: vec3f) -> vec3f {
  let c = mix(vec3f(dot(linearLight, luma)), linearLight, mix(camera.balance.w, 1.0, camera.tone.z));
  // A filmic shoulder keeps highlights from clipping hard.
  let x = max(c, vec3f(0));
  let shoulder = x * (1 + x * 0.11) / (1 + x * 0.42) * 1.16;
  let v = encode(clamp(shoulder, vec3f(0), vec3f(1)));
  let s = mix(v, v * v * (3 - 2 * v), camera.tone.x);
  return clamp(s * (1 - camera.tone.y) + camera.tone.y, vec3f(0), vec3f(1));
}

struct Metered { mean: vec3f, spread: f32 }

// What the finished picture would be with this gain: mean of each channel, deviation of the luma.
fn metered(gain: vec3f, power: f32) -> Metered {
  var sum = vec3f(0);
  var squares = 0.0;
  for (var k = 0; k < 144; k++) {
    let at = (vec2f(f32(k % 12), f32(k / 12)) + 0.5) / 12.0;
    let middle = 0.5 + (at - 0.5) / 1.2;
    // As blurred as the sensor will see it: dots and pixels of a medium are no contrast of the picture.
    let apart = 0.6 / camera.blur.w;
    var c = vec3f(0);
    for (var n = 0; n < 4; n++) {
      let tap = middle + (vec2f(f32(n & 1), f32(n >> 1)) - 0.5) * 2 * apart;
      c += 0.25 * min(textureSampleLevel(scene, linear, tap, 0.0).rgb, vec3f(6));
    }
    let v = developed(graded(seenBy(c * gain), power));
    let y = dot(v, luma);
    sum += v;
    squares += y * y;
  }
  let mean = sum / 144.0;
  let y = dot(mean, luma);
  return Metered(mean, sqrt(max(squares / 144.0 - y * y, 1e-5)));
}

@vertex fn cameraVertex(@builtin(vertex_index) i: u32) -> Pass {
  let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
  // A first guess from square roots, about as bright as the encoded picture will be.
  var mean = vec3f(0);
  var root = 0.0;
  for (var k = 0; k < 100; k++) {
    let at = (vec2f(f32(k % 10), f32(k / 10)) + 0.5) / 10.0;
    let c = min(textureSampleLevel(scene, linear, 0.5 + (at - 0.5) / 1.2, 0.0).rgb, vec3f(3));
    mean += sqrt(max(c, vec3f(0)));
    root += sqrt(max(dot(c, luma), 0.0));
  }
  mean = max(mean / 100.0, vec3f(0.05));
  mean *= mean;
  root = max(root / 100.0, 0.05);
  let y = root * root;
  var gain = pow(camera.exposure.x / y, camera.exposure.y) * pow(vec3f(y) / mean, vec3f(camera.exposure.z));
  // Then on the finished picture, as cameras do: contrast, exposure and white balance come out alike for every scene.
  let wanted = dot(developed(vec3f(camera.exposure.x)), luma);
  var power = 1.0;
  for (var k = 0; k < 4; k++) {
    let found = metered(gain, power);
    let level = max(dot(found.mean, luma), 0.02);
    power = clamp(power * pow(camera.grade.x / found.spread, 0.7 * camera.exposure.w), 0.6, 1.8);
    let neutral = pow(vec3f(level) / max(found.mean, vec3f(0.02)), vec3f(camera.exposure.z));
    gain *= clamp(pow(wanted / level, 1.5 * camera.exposure.y) * neutral, vec3f(0.4), vec3f(2.5));
  }
  return Pass(vec4f(corner * 2 - 1, 0, 1), vec2f(corner.x, 1 - corner.y), gain * camera.balance.rgb, power);
}

fn hash(v: vec3u) -> u32 {
  var x = v.x * 1664525u + v.y * 22695477u + v.z * 747796405u + 12345u;
  x = (x ^ (x >> 16u)) * 0x21f0aaadu;
  x = (x ^ (x >> 15u)) * 0x735a2d97u;
  return x ^ (x >> 15u);
}

fn gaussian(pixel: vec2u, channel: u32) -> f32 {
  let h = hash(vec3u(pixel, channel + 8u * u32(camera.noise.z)));
  let parts = vec4f(vec4u(h, h >> 8u, h >> 16u, h >> 24u) & vec4u(255u)) / 255.0;
  return (parts.x + parts.y + parts.z + parts.w - 2.0) * 1.732;
}

@fragment fn sensorFragment(in: Pass) -> @location(0) vec4f {
  let across = camera.blur.w;
  let pixel = vec2u(in.clip.xy);
  let away = in.p - camera.lens.yz;
  let r2 = dot(away, away);
  let p = camera.lens.yz + away * (1 + camera.lens.x * r2) / (1 + camera.lens.x * 0.18);
  let spread = (0.42 + camera.blur.x) / across / 1.2;
  let motion = camera.blur.yz / across / 1.2;
  var sum = vec3f(0);
  var weight = 0.0;
  for (var i = 0; i < 16; i++) {
    let k = (vec2f(f32(i & 3), f32(i >> 2)) - 1.5) / 1.5;
    let w = exp(-dot(k, k) * 0.9);
    let at = (p - 0.5) / 1.2 + 0.5 + k * spread * 1.4 + motion * (f32(i) / 15.0 - 0.5);
    sum += w * textureSampleLevel(scene, linear, at, 0.0).rgb;
    weight += w;
  }
  var c = sum / weight * in.gain;
  c *= 1 - camera.lens.w * r2;
  c *= 1 + camera.band.x * sin(6.28318 * (in.p.y / camera.band.y + camera.band.z));
  c = graded(seenBy(c), in.power);
  let y = dot(c, luma);
  let sigma = camera.noise.x + camera.noise.y * sqrt(max(y, 0.0));
  let grey = gaussian(pixel, 3u);
  let own = vec3f(gaussian(pixel, 0u), gaussian(pixel, 1u), gaussian(pixel, 2u));
  let chroma = camera.noise.w * (1 - camera.tone.z);
  c += sigma * mix(vec3f(grey), own, chroma);
  c += camera.band.w * gaussian(vec2u(7u, pixel.y), 5u);
  return vec4f(developed(c), 1);
}

@group(0) @binding(3) var sensor: texture_2d<f32>;

struct Plain { @builtin(position) clip: vec4f, @location(0) p: vec2f }
@vertex fn outputVertex(@builtin(vertex_index) i: u32) -> Plain {
  let corner = vec2f(f32((i << 1u) & 2u), f32(i & 2u));
  return Plain(vec4f(corner * 2 - 1, 0, 1), vec2f(corner.x, 1 - corner.y));
}

fn sensorAt(p: vec2f) -> vec3f {
  let size = f32(textureDimensions(sensor).x);
  let edge = clamp(p * camera.blur.w, vec2f(0.5), vec2f(camera.blur.w - 0.5));
  return textureSampleLevel(sensor, linear, edge / size, 0.0).rgb;
}

@fragment fn outputFragment(in: Plain) -> @location(0) vec4f {
  let step = 0.25 / 128.0;
  var c = vec3f(0);
  for (var i = 0; i < 4; i++) { c += sensorAt(in.p + (vec2f(f32(i & 1), f32(i >> 1)) - 0.5) * 2 * step); }
  c *= 0.25;
  let d = 1.0 / 128.0;
  let round = 0.25 * (sensorAt(in.p + vec2f(d, 0)) + sensorAt(in.p - vec2f(d, 0)) + sensorAt(in.p + vec2f(0, d)) + sensorAt(in.p - vec2f(0, d)));
  return vec4f(clamp(c + camera.tone.w * (c - round), vec3f(0), vec3f(1)), 1);
}
`;
