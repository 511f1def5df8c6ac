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
  readonly auc: PairedDifference;
  readonly hterLiterature: PairedDifference;
  /** `null` where a class has fewer than two subjects. */
  readonly delong: DelongTest | null;
  /** Each method at its own dev threshold; `null` where one has none. */
  readonly mcnemar: McnemarTest | null;
  readonly notes: readonly string[];
}

/**
 * Compares two methods on every data set that both classes of are there.
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
  return [...first.tested].flatMap(([dataset, samples]) => {
    const live = samples.filter((sample) => sample.label === "live");
    const spoof = samples.filter((sample) => sample.label === "spoof");
    if (live.length === 0 || spoof.length === 0) return [];
    const others = second.tested.get(dataset)!;
    const pair = [{ first: [samples], second: [others] }];
    const enough = [live, spoof].every((group) => new Set(group.map(({ subject }) => subject)).size >= 2);
    const thresholds = [first.devThreshold, second.devThreshold] as const;
    const [own, other] = thresholds;
    return [
      {
        dataset,
        auc: pairedDifference(pair, auc, options),
        hterLiterature: pairedDifference(pair, (drawn) => hterLiterature(drawn).hter, options),
        delong: enough ? delongTest(samples, others) : null,
        mcnemar: own !== null && other !== null ? mcnemarTest(samples, others, [own, other]) : null,
        notes: [
          ...(enough ? [] : ["DeLong's test needs two subjects of each class."]),
          ...(own === null || other === null
            ? ["McNemar's test needs a dev threshold of both methods."]
            : []),
        ],
      },
    ];
  });
}
