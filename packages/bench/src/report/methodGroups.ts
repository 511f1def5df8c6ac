/** @file The runs of a report by method, and figures over the seeds of one. */

import { groupBy } from "../metrics/groupBy.ts";
import { deviation, mean } from "../metrics/mean.ts";
import type { CrossDomainReport, RunResult } from "./report.ts";

/** A method with its runs, one a seed. */
export interface MethodGroup {
  readonly name: string;
  /** Place among the report's methods, which gives its colour and dash. */
  readonly index: number;
  readonly runs: readonly RunResult[];
}

/** A figure over seeds. */
export interface OverSeeds {
  readonly mean: number;
  /** Sample standard deviation; `null` with one seed. */
  readonly deviation: number | null;
  readonly least: number;
  readonly most: number;
}

/** The methods in the order of their first run. */
export function methodGroups({ runs }: Pick<CrossDomainReport, "runs">): MethodGroup[] {
  return [...groupBy(runs, (run) => run.metadata.method)].map(([name, group], index) => ({
    name,
    index,
    runs: group,
  }));
}

/** More methods than there are colours: the page then shows means over the targets where domains would fill sheets. */
export function isCrowded(groups: readonly MethodGroup[]): boolean {
  return groups.length > 6;
}

/**
 * Mean and deviation over the seeds of a method.
 *
 * @returns `null` where a seed lacks the figure: a mean over fewer seeds must not stand beside the others
 */
export function overSeeds(
  { runs }: Pick<MethodGroup, "runs">,
  figure: (run: RunResult) => number | null | undefined,
): OverSeeds | null {
  const values = runs.map(figure);
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.length === 0 || present.length < values.length) return null;
  return {
    mean: mean(present),
    deviation: deviation(present),
    least: Math.min(...present),
    most: Math.max(...present),
  };
}
