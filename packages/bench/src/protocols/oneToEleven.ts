/** @file The One-to-Eleven protocol: train on one domain, test on all others. I-FAS, arXiv:2501.01720, section 4. */

import type { ManifestRow } from "@candor/data";
import { ProtocolError } from "./protocolError.ts";

/** The domain that rendered data are trained on. */
export const renderedSource = "D1";

/** Which rows a run of the protocol scores. */
export interface ScoringPlan {
  readonly source: string;
  readonly targets: readonly string[];
  /** The source's dev and test splits, then the test split of every target. */
  readonly rows: readonly ManifestRow[];
  /** Deviations from the protocol that a reader must know. */
  readonly warnings: readonly string[];
}

/**
 * Chooses the rows: the dev split of the source for the threshold, its test split for the figure on held-out
 * identities, and the test split of every target.
 *
 * Rows of the source's train split are never scored, and only test rows of the targets are: in rendered data the
 * same heads may stand in the train splits of several domains.
 *
 * @param source the training domain; default D1
 * @throws ProtocolError if the source or the targets have no rows
 */
export function planOneToEleven(rows: readonly ManifestRow[], source: string = renderedSource): ScoringPlan {
  const datasets = [...new Set(rows.map((row) => row.dataset))].toSorted((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  if (!datasets.includes(source)) {
    throw new ProtocolError(
      `[oneToEleven] the manifest has no rows of the source "${source}"; it holds ${datasets.join(", ") || "nothing"}.`,
    );
  }
  const tested = rows.filter((row) => row.dataset !== source && row.split === "test");
  const targets = datasets.filter((dataset) => tested.some((row) => row.dataset === dataset));
  if (targets.length === 0) {
    throw new ProtocolError(
      `[oneToEleven] the manifest has no test rows outside the source "${source}"; there is no target to test on.`,
    );
  }
  const ofSource = (split: string) => rows.filter((row) => row.dataset === source && row.split === split);
  const dev = ofSource("dev");
  return {
    source,
    targets,
    rows: [
      ...dev,
      ...ofSource("test"),
      ...targets.flatMap((target) => tested.filter((row) => row.dataset === target)),
    ],
    warnings: [
      ...(targets.length === 11
        ? []
        : [`The protocol has eleven targets; this manifest has ${targets.length}.`]),
      ...(dev.length > 0
        ? []
        : [`${source} has no dev split: there is no deployable threshold, no APCER, no BPCER.`]),
      ...datasets
        .filter((dataset) => dataset !== source && !targets.includes(dataset))
        .map((dataset) => `${dataset} has no test split and is left out.`),
    ],
  };
}
