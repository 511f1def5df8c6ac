/** @file The problems of attention that `nx run bench:tune` measures. */

import { attention, type AttentionProblem, type Device, zeros } from "@candor/tensor-core";

/**
 * The starter's ViT, a short text, the tiny ViT that engines are compared by, ViT-B/16, CLIP's text tower, a decoder with
 * grouped heads, and one long sequence.
 */
export const usualAttentions: readonly AttentionProblem[] = parseAttentions([
  "32x4x65x65x16",
  "32x4x7x7x16:causal",
  "8x4x64x64x32",
  "8x12x197x197x64",
  "8x8x77x77x64:causal",
  "1x9/3x256x256x64:causal",
  "1x12x1025x1025x64",
]);

/**
 * Reads problems such as `8x12x197x197x64` or `1x9/3x256x256x64:causal`: batch, query heads (and those of k and v where
 * they are fewer), queries, keys, width of a head.
 *
 * @throws Error that names what has another form
 */
export function parseAttentions(texts: readonly string[]): AttentionProblem[] {
  return texts
    .flatMap((text) => text.split(","))
    .filter((text) => text.trim() !== "")
    .map((text) => {
      const match = /^\s*(\d+)x(\d+)(?:\/(\d+))?x(\d+)x(\d+)x(\d+)(:causal)?\s*$/i.exec(text);
      const number = (group: number) => Number(match?.[group] ?? 0);
      const [batch, heads, tokens, keys, dim] = [number(1), number(2), number(4), number(5), number(6)];
      const keyHeads = match?.[3] === undefined ? heads : number(3);
      if (Math.min(batch, heads, keyHeads, tokens, keys, dim) < 1) {
        throw new Error(
          `--attention must be BxHxTxSxD with whole numbers of at least 1, H/K for fewer heads of keys, and :causal ` +
            `behind it if so, got "${text}"`,
        );
      }
      return { batch, heads, keyHeads, tokens, keys, dim, causal: match?.[7] !== undefined };
    });
}

/**
 * Checks that attention takes the heads and widths of problems, before an hour goes into those that come first.
 *
 * @throws ShapeError as `attention` does
 */
export function assertAttentions(device: Device, problems: readonly AttentionProblem[]): void {
  for (const { heads, keyHeads = heads, dim } of problems) {
    using _scope = device.scope();
    const k = zeros(device, [1, 1, keyHeads, dim]);
    attention(zeros(device, [1, 1, heads, dim]), k, k);
  }
}

/** A problem as `parseAttentions` reads it. */
export function attentionName(problem: AttentionProblem): string {
  const { batch, heads, keyHeads = heads, tokens, keys, dim, causal } = problem;
  const group = keyHeads === heads ? "" : `/${keyHeads}`;
  return `${batch}x${heads}${group}x${tokens}x${keys}x${dim}${causal ? ":causal" : ""}`;
}
