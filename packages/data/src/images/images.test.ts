/** @file Decoding against pixels computed by hand, and every kind of bad image. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeImage } from "./decodeImage.ts";
import type { ImageSet } from "./imageSet.ts";
import { loadImages } from "./loadImages.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-images-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A raw RGB image from a function of the pixel's place. */
function drawn(width: number, height: number, colour: (x: number, y: number) => number[]): Sharp {
  const pixels = Array.from({ length: width * height }, (_, i) => colour(i % width, Math.floor(i / width)));
  const channels = (pixels[0] as number[]).length as 1 | 3 | 4;
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels } });
}

const quadrants = (x: number, y: number): number[] => [x < 8 ? 200 : 20, y < 8 ? 150 : 10, 90];

test("an image of the asked size keeps its bytes, in RGB order", async () => {
  const image = drawn(16, 16, (x, y) => [x * 10, y * 5, 77]);
  const decoded = await decodeImage(await image.png().toBuffer(), 16);
  expect(decoded.length).toBe(16 * 16 * 3);
  expect([...decoded.subarray(0, 6)]).toEqual([0, 0, 77, 10, 0, 77]);
  expect([...decoded.subarray(16 * 3, 16 * 3 + 3)]).toEqual([0, 5, 77]);
});

test("scaling down averages areas: a fine checkerboard becomes grey", async () => {
  const image = drawn(64, 64, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]));
  const decoded = await decodeImage(await image.png().toBuffer(), 8);
  for (const value of decoded) expect(Math.abs(value - 127.5)).toBeLessThan(4);
});

test("EXIF orientation turns the image upright", async () => {
  const file = await drawn(16, 16, quadrants).withMetadata({ orientation: 6 }).png().toBuffer();
  const decoded = await decodeImage(file, 16);
  const expected = await drawn(16, 16, quadrants).rotate(90).raw().toBuffer();
  expect([...decoded]).toEqual([...expected]);
});

test("grey, alpha, CMYK and 16-bit files become three bytes a pixel", async () => {
  const grey = await drawn(8, 8, () => [99])
    .toColourspace("b-w")
    .png()
    .toBuffer();
  expect([...(await decodeImage(grey, 8))]).toEqual(Array(192).fill(99));
  const alpha = await drawn(8, 8, () => [10, 200, 30, 0])
    .png()
    .toBuffer();
  expect([...(await decodeImage(alpha, 8))]).toEqual(Array.from({ length: 64 }, () => [10, 200, 30]).flat());
  const cmyk = await drawn(8, 8, () => [200, 40, 40])
    .toColourspace("cmyk")
    .jpeg({ quality: 100 })
    .toBuffer();
  const ink = await decodeImage(cmyk, 8);
  expect(ink.length).toBe(192);
  const [red = 0, green = 0, blue = 0] = ink;
  expect(Math.abs(red - 200) + Math.abs(green - 40) + Math.abs(blue - 40)).toBeLessThan(60);
  const deep = await drawn(8, 8, () => [10, 200, 30])
    .toColourspace("rgb16")
    .png()
    .toBuffer();
  expect([...(await decodeImage(deep, 8)).subarray(0, 3)]).toEqual([10, 200, 30]);
});

test("a wide image is cropped in the middle and not squeezed", async () => {
  const image = drawn(32, 8, (x) => (x >= 12 && x < 20 ? [250, 250, 250] : [0, 0, 0]));
  const decoded = await decodeImage(await image.png().toBuffer(), 8);
  expect([...decoded].every((value) => value === 250)).toBe(true);
});

test("missing, empty, foreign, folder and cut files are named", async () => {
  await expect(decodeImage(join(folder, "none.png"), 8)).rejects.toThrow(/none\.png: there is no such file/);
  await expect(decodeImage(folder, 8)).rejects.toThrow("it is a folder");
  await expect(decodeImage(new Uint8Array(), 8)).rejects.toThrow("the image is empty");
  await expect(decodeImage(Buffer.from("no image at all"), 8)).rejects.toThrow(
    "the image is no image that can be",
  );
  const noise = drawn(64, 64, (x, y) => [(x * 37 + y * 91) % 256, (x * y) % 256, (x ^ y) * 3]);
  for (const format of ["jpeg", "png", "webp"] as const) {
    const whole = await noise.clone().toFormat(format).toBuffer();
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    await expect(decodeImage(cut, 8, `cut.${format}`)).rejects.toThrow(
      new RegExp(`\\[decodeImage\\] cut\\.${format} is cut off or damaged`),
    );
  }
  await expect(decodeImage(Buffer.from("x"), 0)).rejects.toThrow("size must be an integer from 1 to 16384");
});

/** One PNG chunk: length, type, data, checksum. */
function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

test("an image of 3.6 gigapixels is refused by its header", async () => {
  const header = Buffer.from([0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const file = Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", Buffer.alloc(9)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
  await expect(decodeImage(file, 8, "huge.png")).rejects.toThrow("huge.png has more than 100 million pixels");
});

async function writeRows(root: string, count: number): Promise<{ path: string; sha256: string }[]> {
  await mkdir(root, { recursive: true });
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const bytes = await drawn(12, 12, () => [i, 2 * i, 255 - i])
        .png()
        .toBuffer();
      await writeFile(join(root, `${i}.png`), bytes);
      return { path: `${i}.png`, sha256: createHash("sha256").update(bytes).digest("hex") };
    }),
  );
}

const allPixels = ({ count, pixels }: ImageSet): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => pixels(index));

test("a set is loaded in the order of its rows, and the second time from the cache", async () => {
  const root = join(folder, "set");
  const rows = await writeRows(root, 20);
  let decoded = 0;
  const onProgress = (): void => void (decoded += 1);
  const first = await loadImages(rows, root, 4, { onProgress });
  expect(decoded).toBe(20);
  expect([first.count, first.pixels(0).length]).toEqual([20, 4 * 4 * 3]);
  for (let i = 0; i < 20; i++) {
    expect([...first.pixels(i).subarray(0, 3)]).toEqual([i, 2 * i, 255 - i]);
  }
  await rm(join(root, "3.png"));
  const second = await loadImages(rows, root, 4, { onProgress });
  expect(decoded).toBe(20);
  expect(allPixels(second)).toEqual(allPixels(first));
});

test("other rows, another order and another size have caches of their own", async () => {
  const root = join(folder, "keys");
  const rows = await writeRows(root, 3);
  await loadImages(rows, root, 4);
  const turned = await loadImages(rows.toReversed(), root, 4);
  expect([...turned.pixels(0).subarray(0, 3)]).toEqual([2, 4, 253]);
  await loadImages(rows.slice(1), root, 4);
  await loadImages(rows, root, 5);
  expect((await readdir(join(root, ".decoded"))).length).toBe(4);
});

test("a damaged or cut cache is made again", async () => {
  const root = join(folder, "damage");
  const rows = await writeRows(root, 3);
  const whole = await loadImages(rows, root, 4);
  const [name = ""] = await readdir(join(root, ".decoded"));
  const file = join(root, ".decoded", name);
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, 40));
  expect(allPixels(await loadImages(rows, root, 4))).toEqual(allPixels(whole));
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  await writeFile(file, bytes);
  expect(allPixels(await loadImages(rows, root, 4))).toEqual(allPixels(whole));
});

test("missing, broken and changed images are counted and named, and nothing is cached", async () => {
  const root = join(folder, "broken");
  const rows = await writeRows(root, 6);
  await rm(join(root, "1.png"));
  await writeFile(join(root, "4.png"), "no image");
  const failure = await loadImages(rows, root, 4).catch((error: Error) => error.message);
  expect(failure).toContain("[loadImages] 2 of 6 images of");
  expect(failure).toMatch(/1\.png: there is no such file/);
  expect(failure).toMatch(/4\.png is not the file of the manifest \(sha256 [0-9a-f]{12}/);
  expect(await readdir(root)).not.toContain(".decoded");
});
