/** @file What a manifest holds: one typed row a frame, with labels and attacks as words. */

/** The splits, in the order in which they are printed. */
export const splits = ["train", "dev", "test"] as const;

/** A split of a data set. */
export type Split = (typeof splits)[number];

/** The labels; a live person or a spoof presentation. */
export const labels = ["live", "spoof"] as const;

/** A frame's label as a word, so that no reader has to know which number means live. */
export type Label = (typeof labels)[number];

/** Candor's attack taxonomy; `none` belongs to live frames and to no other. */
export const attacks = ["none", "print", "replay", "cutout", "rigidMask", "softMask", "partial"] as const;

/** An attack of Candor's taxonomy. */
export type Attack = (typeof attacks)[number];

/** One frame of a data set. */
export interface ManifestRow {
  /** Unique within the manifest. */
  id: string;
  /** The data set's name, or the domain id ("D1" .. "D12") of rendered data. */
  dataset: string;
  split: Split;
  subject: string;
  /** Frames of one recording share it; scores are averaged over it. */
  video: string;
  /** The frame's number within its video, from 0. */
  frame: number;
  /** The image file, relative to the manifest's folder, with forward slashes. */
  path: string;
  label: Label;
  attack: Attack;
  /** The data set's own name of the attack. */
  attackCode: string;
  /** The face as [x, y, width, height] in pixels; the whole image where no box is known. */
  box: readonly [number, number, number, number];
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** The image file's sha256, 64 hexadecimal digits. */
  sha256: string;
  /** What a general captioner says of the frame; empty where none has. */
  captionGeneral: string;
  /** The spoof-aware caption; empty where there is none. */
  captionSpoof: string;
  /** A short JSON object on how the frame was taken (camera, light, background, medium, hasBorder ...). */
  scene: string;
}

/** A manifest as it is read from disk. */
export interface Manifest {
  rows: ManifestRow[];
  /** The Arrow schema's metadata: who wrote the file, from which seed, at which version. */
  metadata: Record<string, string>;
  /** Things that a reader should know but that do not make the file unreadable, such as a subject in two splits. */
  warnings: string[];
}
