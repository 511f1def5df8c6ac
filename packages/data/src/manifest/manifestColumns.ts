/** @file The manifest's Arrow columns and their types. */
import { Field, FixedSizeList, Float32, Int32, Utf8 } from "apache-arrow";
import type { DataType } from "apache-arrow";
import type { ManifestRow } from "./manifest.ts";

/** The columns that hold text. */
export const textColumns = [
  "id",
  "dataset",
  "split",
  "subject",
  "video",
  "path",
  "label",
  "attack",
  "attackCode",
  "sha256",
  "captionGeneral",
  "captionSpoof",
  "scene",
] as const satisfies readonly (keyof ManifestRow)[];

/** The columns that hold 32-bit integers. */
export const integerColumns = ["frame", "width", "height"] as const satisfies readonly (keyof ManifestRow)[];

/** The Arrow type of each column. */
export const columnTypes: Readonly<Record<keyof ManifestRow, DataType>> = {
  id: new Utf8(),
  dataset: new Utf8(),
  split: new Utf8(),
  subject: new Utf8(),
  video: new Utf8(),
  frame: new Int32(),
  path: new Utf8(),
  label: new Utf8(),
  attack: new Utf8(),
  attackCode: new Utf8(),
  box: new FixedSizeList(4, new Field("item", new Float32(), false)),
  width: new Int32(),
  height: new Int32(),
  sha256: new Utf8(),
  captionGeneral: new Utf8(),
  captionSpoof: new Utf8(),
  scene: new Utf8(),
};
