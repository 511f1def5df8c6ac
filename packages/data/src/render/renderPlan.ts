/** @file Renders the frames of a plan into a folder: images and a manifest, whole or not at all. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { captionGeneral } from "../captions/captionGeneral.ts";
import { captionSpoof } from "../captions/captionSpoof.ts";
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { writeManifest } from "../manifest/writeManifest.ts";
import { cameraWgsl } from "./camera.wgsl.ts";
import { domains } from "./domains.ts";
import { drawFrame } from "./drawFrame.ts";
import { encodeFrame } from "./encodeFrame.ts";
import { frameFacts, frameScene } from "./frameFacts.ts";
import { frameSize, openFrameRenderer, type FrameRenderer } from "./frameRenderer.ts";
import { headWgsl } from "./head.wgsl.ts";
import { loadHeadAsset, type HeadAsset } from "./headAsset.ts";
import type { PlannedFrame } from "./planGroup.ts";
import { presentationWgsl } from "./presentation.wgsl.ts";
import { openRandom } from "./random.ts";
import type { Frame } from "./scene.ts";

/** Raised with every change of what the same seed draws. */
export const rendererVersion = 4;

/** What to render, and where. */
export interface RenderOptions {
  /** Folder name before the hash of the configuration. */
  readonly out: string;
  readonly seed: number;
  /** What the plan followed from, its seed apart. */
  readonly counts: object;
  readonly plan: readonly PlannedFrame[];
  /** Opens the device; called only if something is left to render. */
  readonly openGpu: () => Promise<GPUDevice>;
  /** Called after each frame and once at the start. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Where the data lie and whether they were there before. */
export interface RenderResult {
  readonly folder: string;
  readonly manifest: string;
  readonly frames: number;
  readonly reused: boolean;
}

// Frames between submission and the file: enough to keep device and JPEG threads busy.
const inFlight = 8;

/** Short hash of everything that the pixels depend on, the adapter apart. */
export function renderHash(seed: number, counts: object): string {
  const configuration = JSON.stringify({ rendererVersion, seed, counts, domains });
  return createHash("sha256")
    .update(configuration + headWgsl + presentationWgsl + cameraWgsl)
    .digest("hex")
    .slice(0, 10);
}

/**
 * Renders the data, or reuses them if the same configuration is there; goes on where an interrupted run stopped.
 *
 * @throws Error if the folder cannot be written
 */
export async function renderPlan(options: RenderOptions): Promise<RenderResult> {
  const { plan } = options;
  const folder = `${options.out}-${renderHash(options.seed, options.counts)}`;
  const manifest = join(folder, "manifest.arrow");
  const result = { folder, manifest, frames: plan.length };
  if (existsSync(manifest)) return { ...result, reused: true };
  const partial = `${folder}.partial`;
  await mkdir(join(partial, "images"), { recursive: true });
  const journal = join(partial, "rows.jsonl");
  const rows = await readJournal(journal);
  const missing = plan.filter((planned) => !rows.has(planned.id));
  options.onProgress?.(rows.size, plan.length);
  if (missing.length > 0) {
    const gpu = await options.openGpu();
    const asset = await loadHeadAsset();
    const renderer = await openFrameRenderer(gpu, asset);
    await forEachInFlight(missing, async (planned) => {
      const row = await renderRow(renderer, asset, planned, partial);
      rows.set(row.id, row);
      await appendFile(journal, `${JSON.stringify(row)}\n`);
      options.onProgress?.(rows.size, plan.length);
    });
  }
  await writeManifest(
    join(partial, "manifest.arrow"),
    plan.map((planned) => rows.get(planned.id)!),
    { source: "rendered by data:render", seed: String(options.seed), version: String(rendererVersion) },
  );
  await rm(journal, { force: true });
  await rename(partial, folder).catch((error: unknown) => {
    // Another process may have rendered the same in the meantime.
    if (!existsSync(manifest)) throw error;
  });
  return { ...result, reused: false };
}

/** Renders and writes one frame. */
export async function renderRow(
  renderer: FrameRenderer,
  asset: HeadAsset,
  planned: PlannedFrame,
  folder: string,
): Promise<ManifestRow> {
  const drawn = drawFrame(asset, planned);
  const { pixels, box } = await renderer.render(drawn.frame);
  const bytes = await encodeFrame(pixels, drawn.frame.camera);
  const path = `images/${planned.id}.jpg`;
  await writeFile(join(folder, path), bytes);
  const facts = frameFacts(drawn, planned.attack);
  const random = openRandom(planned.seed, "caption", planned.id);
  return {
    id: planned.id,
    dataset: planned.domain.id,
    split: planned.split,
    subject: planned.subject,
    video: planned.videoName,
    frame: planned.frame,
    path,
    label: facts.label,
    attack: planned.attack,
    attackCode: attackCode(planned.attack, drawn.frame),
    box: box.map((value) => Math.round(10 * value) / 10) as unknown as ManifestRow["box"],
    width: frameSize,
    height: frameSize,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    captionGeneral: captionGeneral(facts, random.next),
    captionSpoof: captionSpoof(facts, random.next),
    scene: frameScene(drawn, planned.domain),
  };
}

function attackCode(attack: Attack, { medium, person }: Frame): string {
  if (attack === "cutout" || attack === "partial") return `${attack}:${medium?.region ?? ""}`;
  return person?.mask?.kind === "transparent" ? "transparent" : attack;
}

async function readJournal(path: string): Promise<Map<string, ManifestRow>> {
  if (!existsSync(path)) return new Map();
  const lines = (await readFile(path, "utf8")).split("\n");
  const rows = new Map<string, ManifestRow>();
  for (const line of lines) {
    // A line that an interruption cut short is rendered again.
    if (!line.endsWith("}")) continue;
    const row = JSON.parse(line) as ManifestRow;
    rows.set(row.id, row);
  }
  return rows;
}

async function forEachInFlight<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
