/** @file Scores manifest rows with a predictor, a domain at a time. */

import { loadImages, type ManifestRow } from "@candor/data";
import { groupBy } from "../metrics/groupBy.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { ProtocolError } from "./protocolError.ts";

/** What scoring needs of a trained method. */
export interface Predictor {
  readonly method: string;
  /** Edge of the input in pixels. */
  readonly imageSize: number;
  /**
   * P(live) of each image.
   *
   * @param images [n, imageSize, imageSize, 3] u8, sRGB
   */
  score(images: Uint8Array, n: number): Promise<Float32Array>;
  /** The interpretation of each image, for methods that have one. */
  explain?(images: Uint8Array, n: number): Promise<string[]>;
}

/** Options of {@link scoreRows}. */
export interface ScoreRowsOptions {
  /** The manifest's folder. */
  readonly root: string;
  /** Images a call; default 32. */
  readonly batch?: number;
  /** Ids of the frames that also get a sentence, if the predictor explains. */
  readonly explained?: ReadonlySet<string>;
  /** Called after each batch with the frames done so far. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Scores every row, in order.
 *
 * @throws ProtocolError if the predictor returns a wrong number of scores or one that is no probability
 */
export async function scoreRows(
  predictor: Predictor,
  rows: readonly ManifestRow[],
  options: ScoreRowsOptions,
): Promise<ScoreRow[]> {
  const { root, batch = 32, explained = new Set(), onProgress } = options;
  const size = predictor.imageSize;
  const bytes = size * size * 3;
  const scored = new Map<string, ScoreRow>();
  for (const group of groupBy(rows, (row) => `${row.dataset} ${row.split}`).values()) {
    const { pixels } = await loadImages(group, root, size); // [N, S, S, 3]
    for (let start = 0; start < group.length; start += batch) {
      const part = group.slice(start, start + batch);
      const scores = await predictor.score(
        pixels.subarray(start * bytes, (start + part.length) * bytes),
        part.length,
      );
      if (scores.length !== part.length) {
        throw new ProtocolError(
          `[scoreRows] ${predictor.method} gave ${scores.length} scores for ${part.length} images.`,
        );
      }
      part.forEach((row, index) => scored.set(row.id, scoreRow(row, scores[index]!, predictor.method)));
      onProgress?.(scored.size);
    }
    if (predictor.explain) {
      const chosen = group.flatMap((row, index) => (explained.has(row.id) ? [index] : []));
      for (let start = 0; start < chosen.length; start += batch) {
        const part = chosen.slice(start, start + batch);
        const images = new Uint8Array(part.length * bytes); // [n, S, S, 3]
        part.forEach((index, slot) =>
          images.set(pixels.subarray(index * bytes, (index + 1) * bytes), slot * bytes),
        );
        const sentences = await predictor.explain(images, part.length);
        part.forEach((index, slot) => {
          const row = scored.get(group[index]!.id)!;
          scored.set(row.id, { ...row, sentence: sentences[slot] ?? null });
        });
      }
    }
  }
  return rows.map((row) => scored.get(row.id)!);
}

function scoreRow(row: ManifestRow, score: number, method: string): ScoreRow {
  if (!(score >= 0 && score <= 1)) {
    throw new ProtocolError(
      `[scoreRows] ${method} scored "${row.id}" ${score}, which is no probability; the checkpoint is broken or diverged.`,
    );
  }
  const { id, dataset, split, subject, video, frame, label, attack } = row;
  return { id, dataset, split, subject, video, frame, label, attack, score, sentence: null };
}
