/** @file How reports print shares. */

import type { Interval } from "../metrics/bootstrap.ts";
import type { Averages } from "./report.ts";

/** What stands where a figure does not exist. */
export const blank = "–";

/** A share as per cent without the sign, such as `"11.30"`. */
export function percent(share: number | null | undefined, digits = 2): string {
  return share === null || share === undefined ? blank : (share * 100).toFixed(digits);
}

/** The bounds of an interval in per cent, such as `"8.1–14.9"`. */
export function percentInterval({ low, high }: Interval): string {
  return `${percent(low, 1)}–${percent(high, 1)}`;
}

/** A figure over seeds in per cent, such as `"11.30 ± 0.42"`; the figure alone with one seed. */
export function withSpread(
  figure: { readonly mean: number; readonly deviation: number | null } | null,
  digits = 2,
): string {
  if (!figure) return blank;
  const { mean, deviation } = figure;
  return `${percent(mean, digits)}${deviation === null ? "" : ` ± ${percent(deviation, digits)}`}`;
}

/** The figures of the tables, in order, with heads that name threshold and positive class. */
export const tableFigures = [
  {
    key: "hterLiterature",
    head: "HTER, literature",
    short: "HTER lit.",
    note: "threshold at the EER of the target itself",
  },
  {
    key: "hterAtDevThreshold",
    head: "HTER, dev threshold",
    short: "HTER dev",
    note: "threshold at the EER of the source's dev split: the deployable one",
  },
  { key: "auc", head: "AUC", short: "AUC", note: "ties count one half" },
  {
    key: "tprAtFpr1Live",
    head: "TPR@FPR=1%, positive = live",
    short: "TPR@1% live",
    note: "live samples accepted while at most 1 % of the spoofs are",
  },
  {
    key: "apcerMax",
    head: "APCER, worst attack",
    short: "APCER max",
    note: "at the dev threshold; the largest share of one species that is accepted",
  },
  {
    key: "bpcer",
    head: "BPCER",
    short: "BPCER",
    note: "at the dev threshold; share of live samples rejected",
  },
] as const satisfies readonly {
  key: keyof Averages;
  head: string;
  short: string;
  note: string;
}[];
