/** @file Quantiles of sorted values. */

/**
 * Linear between order statistics, NumPy's default.
 *
 * @param sorted ascending, at least one value
 * @param share in [0, 1]
 */
export function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const rank = Math.floor(position);
  const low = sorted[rank]!;
  return low + ((sorted[rank + 1] ?? low) - low) * (position - rank);
}
