/** @file Paired tests of two score files of the same samples. */

import { auc } from "../metrics/auc.ts";
import type { BootstrapOptions } from "../metrics/bootstrap.ts";
import { hterLiterature } from "../metrics/hter.ts";
import { delongTest, type DelongTest } from "../metrics/paired/delong.ts";
import { mcnemarTest, type McnemarTest } from "../metrics/paired/mcnemar.ts";
import { pairedDifference, type PairedDifference } from "../metrics/paired/pairedDifference.ts";
import type { TestedScores } from "./judgeScores.ts";
import { ScoreFileError } from "./scoreFileError.ts";

/** The comparison of two methods on one data set; differences are first minus second. */
export interface Comparison {
  readonly dataset: string;
  /** `null`, as the next one, where the data set has one class. */
  readonly auc: PairedDifference | null;
  readonly hterLiterature: PairedDifference | null;
  /** `null` where a class has fewer than two subjects. */
  readonly delong: DelongTest | null;
  /** Each method at its own dev threshold; `null` where one has none. */
  readonly mcnemar: McnemarTest | null;
  /** Why a test is missing. */
  readonly notes: readonly string[];
}

/**
 * Compares two methods on every data set.
 *
 * @throws ScoreFileError if the files hold different data sets
 * @throws MetricError if they hold different samples
 */
export function compareScores(
  first: TestedScores,
  second: TestedScores,
  options: BootstrapOptions,
): Comparison[] {
  const missing = [...first.tested.keys(), ...second.tested.keys()].find(
    (dataset) => !first.tested.has(dataset) || !second.tested.has(dataset),
  );
  if (missing !== undefined) {
    throw new ScoreFileError(
      `[compareScores] only one of the files tests "${missing}"; score both on the same data.`,
    );
  }
  return [...first.tested].map(([dataset, samples]) => {
    const live = samples.filter((sample) => sample.label === "live");
    const spoof = samples.filter((sample) => sample.label === "spoof");
    const both = live.length > 0 && spoof.length > 0;
    const others = second.tested.get(dataset)!;
    const pair = [{ first: [samples], second: [others] }];
    const enough = [live, spoof].every((group) => new Set(group.map(({ subject }) => subject)).size >= 2);
    const thresholds = [first.devThreshold, second.devThreshold] as const;
    const [own, other] = thresholds;
    const lacking = both
      ? "DeLong's test needs two subjects of each class."
      : `AUC, HTER and DeLong's test need both classes: ${live.length} live and ${spoof.length} spoof samples.`;
    return {
      dataset,
      auc: both ? pairedDifference(pair, auc, options) : null,
      hterLiterature: both ? pairedDifference(pair, (drawn) => hterLiterature(drawn).hter, options) : null,
      delong: enough ? delongTest(samples, others) : null,
      mcnemar: own !== null && other !== null ? mcnemarTest(samples, others, [own, other]) : null,
      notes: [
        ...(enough ? [] : [lacking]),
        ...(own === null || other === null ? ["McNemar's test needs a dev threshold of both methods."] : []),
      ],
    };
  });
}
