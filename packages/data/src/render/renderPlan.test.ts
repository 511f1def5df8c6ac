/** @file Tests the rendered bytes on the device: determinism, presentations, reuse and resumption. */

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openDevice } from "@candor/tensor-core/device";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readManifest } from "../manifest/readManifest.ts";
import { domains } from "./domains.ts";
import { drawFrame } from "./drawFrame.ts";
import { openFrameRenderer, type FrameRenderer } from "./frameRenderer.ts";
import { loadHeadAsset, type HeadAsset } from "./headAsset.ts";
import { looksAt } from "./looks.ts";
import { planGroup } from "./planGroup.ts";
import { renderPlan } from "./renderPlan.ts";
import { renderStarter } from "./renderStarter.ts";
import { shortcutBound, shortcutProbe } from "./shortcutProbe.ts";

let gpu: GPUDevice;
let asset: HeadAsset;
let renderer: FrameRenderer;
let folder: string;

beforeAll(async () => {
  ({ gpu } = await openDevice());
  asset = await loadHeadAsset();
  renderer = await openFrameRenderer(gpu, asset);
  folder = await mkdtemp(join(tmpdir(), "candor-render-"));
}, 120_000);

afterAll(async () => {
  gpu.destroy();
  await rm(folder, { recursive: true, force: true });
});

const pixelsOf = async (
  attack: "none" | "print" | "replay" | "cutout" | "rigidMask",
): Promise<Uint8Array> => {
  const request = {
    seed: 1,
    domain: domains[0]!,
    identity: { seed: 21, looks: looksAt(0) },
    other: { seed: 22, looks: looksAt(5) },
    attack,
    take: 1,
    frame: 0,
  };
  return (await renderer.render(drawFrame(asset, request).frame)).pixels;
};

describe("frame renderer", () => {
  it("gives the same bytes twice", async () => {
    expect(await pixelsOf("cutout")).toEqual(await pixelsOf("cutout"));
  });

  it("changes the picture with every presentation and leaves no hole in it", async () => {
    const pictures = await Promise.all(
      (["none", "print", "replay", "cutout", "rigidMask"] as const).map(pixelsOf),
    );
    pictures.forEach((picture, i) => {
      let black = 0;
      for (let p = 0; p < picture.length; p += 4) {
        if (Math.max(...picture.subarray(p, p + 3)) === 0) black++;
      }
      // NaNs of a shader come out as pure black.
      expect(black).toBeLessThan(80);
      pictures.slice(i + 1).forEach((other) => {
        let difference = 0;
        picture.forEach((value, p) => (difference += Math.abs(value - other[p]!)));
        expect(difference / picture.length).toBeGreaterThan(3);
      });
    });
  });
});

describe("renderStarter", () => {
  const counts = { train: 4, dev: 4, test: 0, target: 0 };
  const options = (name: string): Parameters<typeof renderStarter>[0] => ({
    out: join(folder, name),
    seed: 3,
    counts,
    openGpu: async () => gpu,
  });

  it("renders the same files for the same seed, reuses them and goes on after an interruption", async () => {
    const first = await renderStarter(options("a"));
    expect(first.reused).toBe(false);
    const { rows } = await readManifest(first.manifest);
    expect(rows.length).toBe(8);
    expect(new Set(rows.map((row) => row.label))).toEqual(new Set(["live", "spoof"]));

    const again = await renderStarter({
      ...options("a"),
      openGpu: () => Promise.reject(new Error("unwanted")),
    });
    expect(again.reused).toBe(true);

    // An interrupted run: two rows are journalled, a third line is cut short.
    const partial = `${first.folder.replace("/a-", "/b-")}.partial`;
    await cp(first.folder, partial, { recursive: true });
    await rm(join(partial, "manifest.arrow"));
    const lines = rows.slice(0, 2).map((row) => JSON.stringify(row));
    await writeFile(join(partial, "rows.jsonl"), `${lines.join("\n")}\n{"id": "cut`);
    const started: number[] = [];
    const second = await renderStarter({
      ...options("b"),
      onProgress: (done) => started.push(done),
    });
    expect(started[0]).toBe(2);
    const other = await readManifest(second.manifest);
    expect(other.rows.map((row) => row.sha256)).toEqual(rows.map((row) => row.sha256));
    const file = rows[7]!.path;
    expect(await readFile(join(second.folder, file))).toEqual(await readFile(join(first.folder, file)));
  });
});

describe("shortcuts", () => {
  it("lets a probe of image statistics alone tell live from spoof of D1 no better than the bound", async () => {
    const plan = planGroup(4, domains[0]!, "train", { subjects: 120, frames: 1 });
    const out = join(folder, "shortcuts");
    const result = await renderPlan({ out, seed: 4, counts: {}, plan, openGpu: async () => gpu });
    const { rows } = await readManifest(result.manifest);
    // People are met one after the other, so a half is other people.
    const halves = [rows.slice(0, 120), rows.slice(120)] as const;
    const [there, back] = [
      await shortcutProbe(halves[0], halves[1], result.folder),
      await shortcutProbe(halves[1], halves[0], result.folder),
    ];
    const mean = (group: string): number => (there[group]! + back[group]!) / 2;
    expect(mean("all")).toBeLessThan(shortcutBound);
    for (const group of ["jpegTable", "box", "colour"]) expect(mean(group)).toBeLessThan(0.6);
    // Live and spoof of a person are taken by one camera, with one framing.
    const qualities = rows.map((row) => (JSON.parse(row.scene) as { jpegQuality: number }).jpegQuality);
    rows.forEach((row, i) => {
      const twin = rows.findIndex((other) => other.subject === row.subject && other.label !== row.label);
      expect(qualities[twin]).toBe(qualities[i]);
    });
  }, 180_000);
});
