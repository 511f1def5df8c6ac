/** @file Which frames are taken, and what ffmpeg and HDF5 give of whole and broken recordings. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mjpegAvi } from "../loaders/fixtures/mjpegAvi.ts";
import { writeFixture } from "../loaders/fixtures/writeFixture.ts";
import { countFrames, extractFrames, requireFfmpeg } from "./ffmpeg.ts";
import { describeSampling, parseSampling, sampledFrames } from "./frameSampling.ts";
import { openHdf5 } from "./hdf5Frames.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-frames-"));
});
afterAll(() => rm(folder, { recursive: true }));

const hasFfmpeg = (() => {
  try {
    return execFileSync("ffmpeg", ["-version"]).length > 0;
  } catch {
    return false;
  }
})();

test("FLIP's two frames, equidistant frames and every k-th", () => {
  expect(sampledFrames({ kind: "flip" }, 101)).toEqual([6, 56]);
  expect(sampledFrames({ kind: "flip" }, 10)).toEqual([6, 9]);
  expect(sampledFrames({ kind: "flip" }, 3)).toEqual([2]);
  expect(sampledFrames({ kind: "equidistant", count: 4 }, 100)).toEqual([12, 37, 62, 87]);
  expect(sampledFrames({ kind: "every", step: 40 }, 100)).toEqual([0, 40, 80]);
  expect(sampledFrames({ kind: "flip" }, 0)).toEqual([]);
  expect(parseSampling("equidistant:10")).toEqual({ kind: "equidistant", count: 10 });
  for (const text of ["flip:2", "every", "every:0", "equidistant:-1", ""]) {
    expect(() => parseSampling(text), text).toThrow("use flip, equidistant:N or every:K");
  }
  expect(describeSampling({ kind: "every", step: 5 })).toContain("every 5th frame");
});

test("frames are ascending, unique and inside of the recording, whatever the numbers", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("flip", "equidistant", "every"),
      fc.nat(400),
      fc.integer({ min: 1, max: 60 }),
      (kind, total, n) => {
        const sampling = parseSampling(kind === "flip" ? kind : `${kind}:${n}`);
        const frames = sampledFrames(sampling, total);
        expect(frames).toEqual([...new Set(frames)].toSorted((a, b) => a - b));
        expect(frames.every((frame) => frame >= 0 && frame < total)).toBe(true);
        expect(frames.length > 0).toBe(total > 0);
      },
    ),
  );
});

test.skipIf(!hasFfmpeg)(
  "ffmpeg gives exactly the frames asked for, and says what is wrong with a broken video",
  async () => {
    await requireFfmpeg();
    // A frame's grey value is its number times ten.
    const frames = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        sharp({
          create: { width: 32, height: 16, channels: 3, background: { r: 10 * i, g: 10 * i, b: 10 * i } },
        })
          .jpeg({ quality: 95 })
          .toBuffer(),
      ),
    );
    const file = join(folder, "-odd name ü.avi");
    const bytes = mjpegAvi(frames, 32, 16);
    await writeFile(file, bytes);
    expect(await countFrames(file)).toBe(12);
    const target = (frame: number): string => join(folder, "out", `${frame}.png`);
    expect(await extractFrames(file, [3, 7, 11], target)).toEqual([3, 7, 11]);
    for (const frame of [3, 7, 11]) {
      const { channels } = await sharp(target(frame)).stats();
      expect(Math.abs((channels[0]?.mean ?? -99) - 10 * frame), `frame ${frame}`).toBeLessThan(4);
    }
    const cut = join(folder, "cut.avi");
    await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const got = await extractFrames(cut, [0, 11], (frame) => join(folder, "cut", `${frame}.png`));
    expect(got).toEqual([0]);
    await writeFile(cut, "no video");
    await expect(countFrames(cut)).rejects.toThrow(/Invalid data/);
  },
);

test("HDF5 frames come in the order of their numbers, and broken files are named", async () => {
  const open = (name: string, layout: Parameters<typeof openHdf5>[1]): ReturnType<typeof openHdf5> =>
    openHdf5(join(folder, name), layout);
  const files = (["groups", "array"] as const).map((hdf5) => ({ path: `${hdf5}.hdf5`, content: { hdf5 } }));
  await writeFixture({ files }, folder);
  const groups = await open("groups.hdf5", { groups: "Frame_", array: "array" });
  expect(await groups.count()).toBe(11);
  const target = (frame: number): string => join(folder, "h5", `${frame}.png`);
  expect(await groups.extract([2, 10], target)).toEqual([2, 10]);
  groups.close();
  const [two, ten] = await Promise.all(
    [2, 10].map((frame) => sharp(target(frame)).raw().toBuffer({ resolveWithObject: true })),
  );
  expect([two?.info.width, two?.info.height, two?.info.channels]).toEqual([16, 12, 3]);
  expect(two?.data.equals(ten?.data ?? Buffer.alloc(0))).toBe(false);
  await expect(open("array.hdf5", { groups: "Frame_", array: "array" })).rejects.toThrow(
    "no groups Frame_*; it has Color_Data",
  );
  await expect(open("groups.hdf5", { array: "Color_Data" })).rejects.toThrow('no array "Color_Data"');
  await writeFile(join(folder, "text.hdf5"), "no HDF5");
  await expect(open("text.hdf5", { array: "Color_Data" })).rejects.toThrow("it is no HDF5 file");
});
