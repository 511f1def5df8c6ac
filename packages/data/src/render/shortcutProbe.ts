/** @file Measures what a linear probe can tell from image statistics alone, without looking at the face. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import type { ManifestRow } from "../manifest/manifest.ts";

/** Area under the ROC curve of a probe for each group of statistics, and for all of them together. */
export type ShortcutReport = Readonly<Record<string, number>>;

/** What the probe may reach on all statistics of D1 together; what remains is said in docs/rendered-faces.md. */
export const shortcutBound = 0.7;

type Statistics = Readonly<Record<string, readonly number[]>>;

/**
 * Fits a logistic regression on one part of the rows and measures it on the other.
 *
 * @param fitted rows to fit on
 * @param held rows to measure on, of other subjects
 * @param folder the manifest's folder
 * @returns AUC by group of statistics: 0.5 is chance
 */
export async function shortcutProbe(
  fitted: readonly ManifestRow[],
  held: readonly ManifestRow[],
  folder: string,
): Promise<ShortcutReport> {
  const read = (rows: readonly ManifestRow[]): Promise<Statistics[]> =>
    Promise.all(rows.map((row) => statisticsOf(row, folder)));
  const [fitStatistics, heldStatistics] = [await read(fitted), await read(held)];
  const groups = Object.keys(fitStatistics[0] ?? {});
  const report: Record<string, number> = {};
  for (const group of [...groups, "all"]) {
    const chosen = group === "all" ? groups : [group];
    const vector = (statistics: Statistics): number[] => chosen.flatMap((name) => statistics[name] ?? []);
    const score = fitLogistic(fitStatistics.map(vector), fitted.map(live));
    report[group] = areaUnderCurve(
      heldStatistics.map((statistics) => score(vector(statistics))),
      held.map(live),
    );
  }
  return report;
}

async function statisticsOf(row: ManifestRow, folder: string): Promise<Statistics> {
  const file = await readFile(join(folder, row.path));
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const edge = Math.round(width / 12);
  const colour = [0, 0, 0];
  const border = [0, 0, 0];
  const corners = [0, 0, 0, 0];
  const squares = [0, 0, 0, 0];
  let borderCount = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const rim = x < edge || y < edge || x >= width - edge || y >= height - edge;
      if (rim) borderCount++;
      for (let k = 0; k < 3; k++) {
        colour[k]! += data[at + k]!;
        if (rim) border[k]! += data[at + k]!;
      }
      if ((x < edge || x >= width - edge) && (y < edge || y >= height - edge)) {
        const corner = (x < edge ? 0 : 1) + (y < edge ? 0 : 2);
        const grey = (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
        corners[corner]! += grey;
        squares[corner]! += grey * grey;
      }
    }
  }
  const cells = edge * edge;
  return {
    colour: colour.map((sum) => sum / (width * height)),
    border: border.map((sum) => sum / borderCount),
    corners: corners.flatMap((sum, i) => [
      sum / cells,
      Math.sqrt(Math.max(0, squares[i]! / cells - (sum / cells) ** 2)),
    ]),
    fileSize: [Math.log(file.length)],
    jpegTable: [quantisationSum(file)],
    box: [...row.box],
  };
}

function live(row: ManifestRow): number {
  return row.label === "live" ? 1 : 0;
}

/** Sum of the first quantisation table: the JPEG quality, read from the file. */
function quantisationSum(file: Uint8Array): number {
  for (let i = 2; i + 4 < file.length && file[i] === 0xff;) {
    const length = file[i + 2]! * 256 + file[i + 3]!;
    if (file[i + 1] === 0xdb) {
      let sum = 0;
      for (let k = 0; k < 64; k++) sum += file[i + 5 + k]!;
      return sum;
    }
    i += 2 + length;
  }
  return 0;
}

/**
 * Logistic regression on standardised features: 400 steps of gradient descent with a little weight decay.
 *
 * @param labels 0 or 1 for each row of features
 */
export function fitLogistic(
  features: readonly (readonly number[])[],
  labels: readonly number[],
): (row: readonly number[]) => number {
  const size = features[0]?.length ?? 0;
  const count = features.length;
  const mean = Array.from(
    { length: size },
    (_, k) => features.reduce((sum, row) => sum + row[k]!, 0) / count,
  );
  const deviation = mean.map(
    (m, k) => Math.sqrt(features.reduce((sum, row) => sum + (row[k]! - m) ** 2, 0) / count) || 1,
  );
  const standard = (row: readonly number[]): number[] =>
    row.map((value, k) => (value - mean[k]!) / deviation[k]!);
  const rows = features.map(standard);
  const weights = Array.from({ length: size + 1 }, () => 0);
  const score = (row: readonly number[]): number =>
    row.reduce((sum, value, k) => sum + value * weights[k]!, weights[size]!);
  for (let step = 0; step < 400; step++) {
    const gradient = weights.map((weight) => 1e-3 * weight);
    rows.forEach((row, i) => {
      const error = (1 / (1 + Math.exp(-score(row))) - labels[i]!) / count;
      row.forEach((value, k) => (gradient[k]! += error * value));
      gradient[size]! += error;
    });
    gradient.forEach((slope, k) => (weights[k]! -= 1.5 * slope));
  }
  return (row) => score(standard(row));
}

/** Share of (live, spoof) pairs that the scores order rightly; ties count half. */
export function areaUnderCurve(scores: readonly number[], labels: readonly number[]): number {
  let right = 0;
  let pairs = 0;
  scores.forEach((score, i) => {
    if (labels[i] !== 1) return;
    scores.forEach((other, j) => {
      if (labels[j] === 1) return;
      pairs++;
      right += score > other ? 1 : score === other ? 0.5 : 0;
    });
  });
  return pairs > 0 ? right / pairs : 0.5;
}
