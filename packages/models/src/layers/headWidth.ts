/** @file Which widths of an attention head the engine's kernels take. */

/** True if `width` splits into `heads` heads of a width that is a multiple of 4, up to 128. */
export function splitsIntoHeads(width: number, heads: number): boolean {
  const headWidth = width / heads;
  return headWidth % 4 === 0 && headWidth <= 128;
}

/** What a wrong number of heads is told. */
export const headsMessage = "must split width into heads of a width that is a multiple of 4, up to 128";
