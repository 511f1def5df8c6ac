/** @file Captions by our own captioning model. */

import { type CaptionJournal, type ManifestRow, openImages } from "@candor/data";
import type { Predictor } from "../predictor/predictor.ts";

export interface CaptionByModelOptions {
  /** The manifest's folder. */
  readonly root: string;
  /** Folder of the crops that `data:crop` made of the manifest. */
  readonly shards?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const batchSize = 32;
/** Image files that are decoded at once. */
const blockSize = 512;

/**
 * Captions the rows that the journal lacks. The first token of every answer is given and the same, so that no caption
 * depends on a label.
 *
 * @returns rows that have no crop in the shards
 * @throws Error if the model is none that explains
 */
export async function captionByModel(
  captioner: Predictor,
  rows: readonly ManifestRow[],
  journal: CaptionJournal,
  options: CaptionByModelOptions,
): Promise<number> {
  const { root, shards, onProgress } = options;
  const { explain, imageSize: size } = captioner;
  if (!explain) throw new Error(`${captioner.method} gives no sentences; a captioner is a run of ifas`);
  const open = rows.filter(({ id }) => !journal.records.has(id));
  const step = shards === undefined ? blockSize : Math.max(1, open.length);
  let missing = 0;
  for (let start = 0; start < open.length && !options.signal?.aborted; start += step) {
    const block = await openImages(open.slice(start, start + step), { root, size, shards });
    missing += block.missing;
    for (let at = 0; at < block.rows.length && !options.signal?.aborted; at += batchSize) {
      const part = block.rows.slice(at, at + batchSize);
      const places = part.map((_, i) => at + i);
      const answers = await explain(
        block.images,
        places,
        part.map(() => "spoof" as const),
      );
      for (const [i, { id }] of part.entries()) journal.add({ id, caption: captionOf(answers[i] ?? "") });
      onProgress?.(rows.length - open.length + start + at + part.length, rows.length);
    }
  }
  return missing;
}

/** The answer without the judgment that it was made to begin with. */
function captionOf(answer: string): string {
  return answer.replace(/^No\b[,\s]*/, "").trim();
}
