/** @file The network against sums done by hand and against onnxruntime, and faces found where they are. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { beforeAll, expect, test } from "vitest";
import { cropImage, frameOf, middleFrame } from "./alignFace.ts";
import { detectFaces, loadFaceDetector, overlap } from "./faceDetector.ts";
import type { FaceDetector, RgbImage } from "./faceDetector.ts";
import { runNetwork } from "./network.ts";
import { readOnnx } from "./onnxModel.ts";
import type { OnnxModel } from "./onnxModel.ts";

const photo = new URL("./fixtures/renderedFace.jpg", import.meta.url);
/** The renderer's own box of the face: head with hair. */
const drawnBox = [24.2, 20.1, 71.4, 89.2] as const;
let detector: FaceDetector;
beforeAll(async () => {
  detector = await loadFaceDetector();
});

async function pixels(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

test("the front network gives what onnxruntime 1.30 gives", () => {
  const data = Float32Array.from(
    { length: 128 * 128 * 3 },
    (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.0011),
  );
  const outputs = runNetwork(detector.front, { shape: [128, 128, 3], data });
  const first = (name: string): number[] => [...(outputs.get(name) ?? [])].slice(0, 3);
  const expected: Record<string, number[]> = {
    "Identity:0": [-4.3706846, -3.6557052, -3.839562],
    "Identity_1:0": [-4.5296547, -6.1167421, -11.475866],
    "Identity_2:0": [0.1345348, -0.4379064, 26.998085],
    "Identity_3:0": [1.502182, 0.897471, 48.37693],
  };
  for (const [name, values] of Object.entries(expected)) {
    for (const [i, value] of values.entries()) expect(first(name)[i], `${name} ${i}`).toBeCloseTo(value, 3);
  }
});

test("convolutions with stride, padding and groups are the plain sums", () => {
  const shape = [3, 5, 6] as const;
  const x = Float32Array.from({ length: 90 }, (_, i) => ((i * 37) % 19) - 9);
  for (const [out, perGroup, stride] of [
    [5, 3, 1],
    [3, 1, 2],
    [7, 3, 2],
  ] as const) {
    const weight = Float32Array.from({ length: out * perGroup * 9 }, (_, i) => ((i * 11) % 7) - 3);
    const bias = Float32Array.from({ length: out }, (_, i) => i - 1.5);
    const attributes = { strides: [stride, stride], pads: [1, 0, 1, 2] };
    const model: OnnxModel = {
      nodes: [{ op: "Conv", inputs: ["x", "w", "b"], outputs: ["y"], attributes }],
      weights: new Map([
        ["w", { shape: [out, perGroup, 3, 3], data: weight }],
        ["b", { shape: [out], data: bias }],
      ]),
      input: "x",
      outputs: ["y"],
    };
    const y = runNetwork(model, { shape: [...shape], data: x }).get("y") as Float32Array;
    const [oh, ow] = [Math.floor((5 + 2 - 3) / stride) + 1, Math.floor((6 + 2 - 3) / stride) + 1];
    expect(y.length).toBe(out * oh * ow);
    for (const [at, got] of y.entries()) {
      const [k, row, column] = [Math.floor(at / (oh * ow)), Math.floor(at / ow) % oh, at % ow];
      let sum = bias[k] as number;
      for (let i = 0; i < perGroup; i++) {
        for (let d = 0; d < 9; d++) {
          const [sy, sx] = [row * stride + Math.floor(d / 3) - 1, column * stride + (d % 3)];
          const channel = perGroup === 3 ? i : k;
          if (sy < 0 || sy >= 5 || sx >= 6) continue;
          sum += (weight[(k * perGroup + i) * 9 + d] as number) * (x[channel * 30 + sy * 6 + sx] as number);
        }
      }
      expect(got).toBeCloseTo(sum, 4);
    }
  }
});

test("a file that is cut off, foreign or has an unknown operation is named", async () => {
  const bytes = await readFile(new URL("../../assets/blazeface/front.onnx", import.meta.url));
  for (const length of [0, 100, bytes.length - 1000])
    expect(() => readOnnx(bytes.subarray(0, length))).toThrow("[onnx]");
  expect(() => readOnnx(Buffer.from("this is no network at all"))).toThrow("[onnx]");
  const model = {
    ...detector.front,
    nodes: [{ op: "Gelu", inputs: [], outputs: ["y"], attributes: {} }],
    outputs: ["y"],
  };
  expect(() => runNetwork(model, { shape: [1, 1, 1], data: new Float32Array(1) })).toThrow(
    "the operation Gelu is not known",
  );
});

test("a face is found where it is, in a small image and in a corner of a larger one", async () => {
  const small = await detectFaces(detector, await pixels(sharp(await readFile(photo))));
  expect(small.map((face) => face.network)).toEqual(["front"]);
  expect(overlap(small[0]?.box ?? [0, 0, 0, 0], drawnBox)).toBeGreaterThan(0.5);
  const large = sharp({ create: { width: 320, height: 240, channels: 3, background: "#808890" } });
  const composed = await large
    .composite([{ input: await readFile(photo), left: 150, top: 90 }])
    .png()
    .toBuffer();
  const [face, ...others] = await detectFaces(detector, await pixels(sharp(composed)));
  expect(others).toEqual([]);
  for (const at of [0, 1] as const) {
    const shift = (face?.box[at] ?? 0) - (small[0]?.box[at] ?? 0);
    expect(Math.abs(shift - (at === 0 ? 150 : 90)), `axis ${at}`).toBeLessThan(12);
  }
});

/** The angle, in degrees, of the photo turned by some. */
async function angleOf(degrees: number): Promise<number> {
  const turned = sharp(await readFile(photo)).rotate(degrees, { background: "#808890" });
  const [face] = await detectFaces(detector, await pixels(turned));
  return (frameOf(face?.box ?? [0, 0, 1, 1], 0, face?.eyes).angle * 180) / Math.PI;
}

test("a turned face is levelled by its eyes", async () => {
  const level = await angleOf(0);
  expect(Math.abs((await angleOf(20)) - level - 20)).toBeLessThan(6);
  expect(Math.abs((await angleOf(-20)) - level + 20)).toBeLessThan(6);
});

test("an image without a face has none", async () => {
  const wall = sharp({ create: { width: 64, height: 48, channels: 3, background: "#556677" } });
  expect(await detectFaces(detector, await pixels(wall))).toEqual([]);
});

test("a crop is exact where nothing is resampled, averages where it shrinks, turns, and repeats the edge outside", () => {
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 29) % 256);
  const image = { data, width: 8, height: 8 };
  expect(cropImage(image, middleFrame(8, 8), 8)).toEqual(data);
  const inner = cropImage(image, frameOf([2, 3, 4, 4], 0), 4);
  expect([...inner.subarray(0, 3)]).toEqual([...data.subarray((3 * 8 + 2) * 3, (3 * 8 + 2) * 3 + 3)]);
  const checks = Uint8Array.from(
    { length: 8 * 8 * 3 },
    (_, i) => ((Math.floor(i / 3) + Math.floor(i / 24)) % 2) * 255,
  );
  for (const value of cropImage({ ...image, data: checks }, middleFrame(8, 8), 2))
    expect(Math.abs(value - 127.5)).toBeLessThan(33);
  // A quarter turn: the crop's right is the image's bottom.
  const turned = cropImage(image, { centre: [4, 4], side: 8, angle: Math.PI / 2 }, 8);
  expect([...turned.subarray(0, 3)]).toEqual([...data.subarray(7 * 3, 8 * 3)]);
  const outside = cropImage(image, frameOf([-20, -20, 10, 10], 0), 2);
  expect([...outside.subarray(0, 3)]).toEqual([...data.subarray(0, 3)]);
  expect(frameOf([10, 20, 40, 60], 0.25)).toEqual({ centre: [30, 50], side: 90, angle: 0 });
});
