/** @file safetensors files: written whole or not at all, and read part by part. */

import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeSafetensors, parseSafetensors } from "./safetensors.ts";
import { readSafetensors, writeSafetensors } from "./safetensorsFile.ts";

const hundredThousand = (value: number) =>
  new Map([["a", { shape: [100_000], data: new Float32Array(100_000).fill(value) }]]);

describe("safetensors files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are written whole and leave nothing else behind", async () => {
    const path = join(folder, "model.safetensors");
    const tensors = new Map([["a", { shape: [2], data: Float32Array.of(1, 2) }]]);
    await writeFile(path, "an older file");
    await writeSafetensors(path, tensors, { step: "3" });
    expect(new Uint8Array(await readFile(path))).toEqual(encodeSafetensors(tensors, { step: "3" }));
    expect((await readSafetensors(path)).tensors.get("a")?.data).toEqual(Float32Array.of(1, 2));
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("are whole at any time, though several are written to one name at once", async () => {
    const path = join(folder, "busy.safetensors");
    await writeSafetensors(path, hundredThousand(0));
    const values = [1, 2, 3, 4, 5, 6];
    const left = new Set(values);
    const written = Promise.all(
      values.map((value) => writeSafetensors(path, hundredThousand(value)).finally(() => left.delete(value))),
    );
    do {
      const { data } = parseSafetensors(new Uint8Array(await readFile(path))).tensors.get("a")!;
      expect(new Set(data).size).toBe(1);
    } while (left.size > 0);
    await written;
    const last = (await readSafetensors(path)).tensors.get("a")!.data[0]!;
    expect(values).toContain(last);
    await rm(path);
    expect((await readdir(folder)).filter((name) => name.startsWith("busy"))).toEqual([]);
  });

  it("stay as they were where writing fails", async () => {
    const path = join(folder, "model.safetensors");
    const before = await readFile(path);
    const bad = new Map([["a", { shape: [3], data: Float32Array.of(1, 2) }]]);
    await expect(writeSafetensors(path, bad)).rejects.toThrow("a: [3] holds 3 values");
    expect(await readFile(path)).toEqual(before);
    await expect(writeSafetensors(join(folder, "none", "x"), new Map())).rejects.toThrow("ENOENT");
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  it("may be larger than one buffer can be: tensors are read one by one", async () => {
    const path = join(folder, "large.safetensors");
    const large = 3 * 2 ** 30;
    const small = encodeSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1, 2) }]]));
    const header = JSON.stringify({
      b: { dtype: "U8", shape: [large], data_offsets: [0, large] },
      a: { dtype: "F32", shape: [2], data_offsets: [large, large + 8] },
    });
    const start = 8 + header.length;
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
    // Sparse: the file takes no more of the disk than what is written.
    const handle = await open(path, "w");
    await handle.write(length, 0, 8, 0);
    await handle.write(header, 8);
    await handle.write(small, small.length - 8, 8, start + large);
    await handle.close();
    const { tensors } = await readSafetensors(path, { select: (name) => name === "a" });
    expect([...tensors]).toEqual([["a", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]);
    await truncate(path, start + large + 7);
    await expect(readSafetensors(path)).rejects.toThrow(/large\.safetensors: a ends at byte \d+ .*cut off/);
  });

  it("are named in errors", async () => {
    const path = join(folder, "cut.safetensors");
    await writeFile(path, new Uint8Array(3));
    await expect(readSafetensors(path)).rejects.toThrow(`${path}: the file has 3 bytes`);
    await expect(readSafetensors(join(folder, "absent"))).rejects.toThrow("absent: ENOENT");
  });
});
