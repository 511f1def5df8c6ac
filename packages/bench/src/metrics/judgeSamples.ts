/** @file Every metric of one sample set, with a stated blank where a figure does not exist. */

import { auc } from "./auc.ts";
import { bootstrapInterval, type Interval } from "./bootstrap.ts";
import { equalErrorRate } from "./equalErrorRate.ts";
import { hterAt, hterFlipGrid, hterLiterature } from "./hter.ts";
import { presentationErrors } from "./presentationErrors.ts";
import { assertSamples, type ScoredSample } from "./scoredSample.ts";
import { tprAtFpr } from "./tprAtFpr.ts";

/** The figures of one set of samples. Shares in [0, 1]; `null` means: does not exist, see `notes`. */
export interface Judgement {
  readonly live: number;
  readonly spoof: number;
  readonly subjects: number;
  readonly hterLiterature: number | null;
  readonly hterLiteratureInterval: Interval | null;
  /** Threshold of `hterLiterature`, taken on these samples. */
  readonly literatureThreshold: number | null;
  readonly hterFlipGrid: number | null;
  readonly hterAtDevThreshold: number | null;
  readonly eer: number | null;
  readonly auc: number | null;
  readonly aucInterval: Interval | null;
  /** TPR at FPR = 1 %, positive class: live. */
  readonly tprAtFpr1Live: number | null;
  /** TPR at FPR = 1 %, positive class: spoof. */
  readonly tprAtFpr1Spoof: number | null;
  /** At the dev threshold. */
  readonly apcerByAttack: Readonly<Record<string, number>>;
  readonly apcerMax: number | null;
  readonly worstAttack: string | null;
  readonly bpcer: number | null;
  /** (APCER of the worst attack + BPCER) / 2 at the dev threshold; ISO/IEC 30107-3 has deprecated it. */
  readonly acerDeprecated: number | null;
  /** Why a figure is missing. */
  readonly notes: readonly string[];
}

/** Options of {@link judgeSamples}. */
export interface JudgeOptions {
  /** P(live) threshold from the source's development split; `null` if there is none. */
  readonly devThreshold: number | null;
  readonly seed: number;
  /** Bootstrap resamples; 0 leaves the intervals out. Default 1000. */
  readonly resamples?: number;
  /** Species that other domains have; those missing here are noted. */
  readonly attacks?: Iterable<string>;
}

/**
 * Judges one set of frames or videos.
 *
 * @throws MetricError on scores, labels, species or ids that are not valid
 */
export function judgeSamples(samples: readonly ScoredSample[], options: JudgeOptions): Judgement {
  assertSamples(samples);
  const { devThreshold, seed, resamples = 1000 } = options;
  const live = samples.filter((sample) => sample.label === "live").length;
  const spoof = samples.length - live;
  const both = live > 0 && spoof > 0;
  const notes: string[] = [];
  if (!both) notes.push(`HTER, EER, AUC and TPR need both classes: ${live} live and ${spoof} spoof samples.`);
  if (devThreshold === null)
    notes.push("HTER at the dev threshold, APCER and BPCER need a dev threshold: none.");
  const species = new Set(samples.map((sample) => sample.attack));
  const missing = [...(options.attacks ?? [])].filter((attack) => attack !== "none" && !species.has(attack));
  if (missing.length > 0) notes.push(`APCER of ${missing.join(", ")}: there are no such samples here.`);
  const whenBoth = <T>(metric: () => T): T | null => (both ? metric() : null);
  const interval = (metric: (resample: readonly ScoredSample[]) => number) =>
    both && resamples > 0 ? bootstrapInterval(samples, metric, { resamples, seed }) : null;
  const literature = whenBoth(() => hterLiterature(samples));
  const errors = devThreshold === null ? null : presentationErrors(samples, devThreshold);
  return {
    live,
    spoof,
    subjects: new Set(samples.map((sample) => sample.subject)).size,
    hterLiterature: literature?.hter ?? null,
    hterLiteratureInterval: interval((resample) => hterLiterature(resample).hter),
    literatureThreshold: literature?.threshold ?? null,
    hterFlipGrid: whenBoth(() => hterFlipGrid(samples).hter),
    hterAtDevThreshold: both && devThreshold !== null ? hterAt(samples, devThreshold).hter : null,
    eer: whenBoth(() => equalErrorRate(samples)),
    auc: whenBoth(() => auc(samples)),
    aucInterval: interval(auc),
    tprAtFpr1Live: whenBoth(() => tprAtFpr(samples, { positive: "live" })),
    tprAtFpr1Spoof: whenBoth(() => tprAtFpr(samples, { positive: "spoof" })),
    apcerByAttack: errors?.apcerByAttack ?? {},
    apcerMax: errors?.apcerMax ?? null,
    worstAttack: errors?.worstAttack ?? null,
    bpcer: errors?.bpcer ?? null,
    acerDeprecated: errors && both ? (errors.apcerMax! + errors.bpcer!) / 2 : null,
    notes,
  };
}
