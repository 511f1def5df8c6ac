/** @file Scores manifest rows with a predictor, a domain at a time. */

import { openImages, type ImageSet, type ManifestRow } from "@candor/data";
import type { Decoding } from "@candor/models";
import { groupBy } from "../metrics/groupBy.ts";
import type { ScoreRow } from "../scores/scoreFile.ts";
import { ProtocolError } from "./protocolError.ts";

/** What scoring needs of a trained method; a predictor of `@candor/train` is one. */
export interface Predictor {
  readonly method: string;
  /** Edge of the input in pixels. */
  readonly imageSize: number;
  /** P(live) of the images at `indices`. */
  score(images: ImageSet, indices: readonly number[]): Promise<Float32Array>;
  /** P(live) decoded otherwise, for methods that are asked a question. */
  readonly scoreBy?: ((decoding: Decoding) => Promise<Predictor["score"]>) | undefined;
  /** The answer text of the images at `indices`, for methods that explain. */
  readonly explain?: ((images: ImageSet, indices: readonly number[]) => Promise<string[]>) | undefined;
  /** Shares of attention by patch, [grid, grid], of the images at `indices`, for methods that weigh patches. */
  readonly patchAttention?:
    ((images: ImageSet, indices: readonly number[]) => Promise<Float32Array[]>) | undefined;
}

/** Options of {@link scoreRows}. */
export interface ScoreRowsOptions {
  /** The manifest's folder. */
  readonly root: string;
  /** Crops of the manifest; its image files where there are none. */
  readonly shards?: string | undefined;
  /** Images a call; default 32. */
  readonly batch?: number;
  /** Ids of the frames that also get a sentence and their attention, as far as the predictor has them. */
  readonly explained?: ReadonlySet<string>;
  /** Called after each batch with the frames done so far. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Scores every row that has an image, in order; rows without a crop in the shards are left out.
 *
 * @throws ProtocolError if the predictor returns a wrong number of scores or one that is no probability
 */
export async function scoreRows(
  predictor: Predictor,
  rows: readonly ManifestRow[],
  options: ScoreRowsOptions,
): Promise<ScoreRow[]> {
  const { root, batch = 32, explained = new Set(), onProgress } = options;
  const scored = new Map<string, ScoreRow>();
  const size = predictor.imageSize;
  for (const asked of groupBy(rows, (row) => `${row.dataset} ${row.split}`).values()) {
    const { rows: group, images } = await openImages(asked, { root, size, shards: options.shards }); // [N, S, S, 3]
    for (const indices of batches([...group.keys()], batch)) {
      const scores = await predictor.score(images, indices);
      if (scores.length !== indices.length) {
        throw new ProtocolError(
          `[scoreRows] ${predictor.method} gave ${scores.length} scores for ${indices.length} images.`,
        );
      }
      indices.forEach((index, slot) => {
        const row = group[index]!;
        scored.set(row.id, scoreRow(row, scores[slot]!, predictor.method));
      });
      onProgress?.(scored.size);
    }
    const chosen = [...group.keys()].filter((index) => explained.has(group[index]!.id));
    for (const indices of batches(chosen, batch)) {
      const sentences = await predictor.explain?.(images, indices);
      const looks = await predictor.patchAttention?.(images, indices);
      indices.forEach((index, slot) => {
        const row = scored.get(group[index]!.id)!;
        const patchAttention = looks?.[slot];
        const sentence = sentences?.[slot] ?? null;
        scored.set(row.id, { ...row, sentence, ...(patchAttention ? { patchAttention } : {}) });
      });
    }
  }
  return rows.flatMap((row) => scored.get(row.id) ?? []);
}

function batches(indices: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(indices.length / size) }, (_, part) =>
    indices.slice(part * size, (part + 1) * size),
  );
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
