/** @file What the demo shows of the report that `bench:cross-domain` has written, and of the portraits. */

import type { Prediction } from "./demoStages.ts";

/** The part of the report's JSON that the demo reads. */
export interface DemoReport {
  readonly source: string;
  readonly targets: readonly string[];
  readonly runs: readonly {
    readonly name: string;
    readonly domains: readonly {
      readonly dataset: string;
      /** An AUC is null where a domain shows live faces only, or spoofs only. */
      readonly videos: { readonly auc: number | null };
      readonly frames: { readonly auc: number | null };
    }[];
    readonly averages: { readonly hterLiterature: number | null };
  }[];
  readonly samples: readonly {
    readonly run: string;
    readonly id: string;
    readonly dataset: string;
    readonly label: string;
    readonly attack: string;
    readonly score: number;
    readonly threshold: number;
    readonly sentence: string | null;
  }[];
}

/** Verdicts that the demo prints. */
export const shownVerdicts = 8;

const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? "none" : `${(100 * share).toFixed(1)} %`;

const area = (auc: number | null): string => auc?.toFixed(4) ?? "none";

/**
 * Says how each run does at home and abroad.
 *
 * @returns a line on the source domain and a line on the unseen ones
 */
export function describeFigures({ source, targets, runs }: DemoReport): string[] {
  const home = runs.map(({ name, domains }) => {
    const domain = domains.find(({ dataset }) => dataset === source);
    return `${name} ${domain ? `${area(domain.videos.auc)} (per frame ${area(domain.frames.auc)})` : "none"}`;
  });
  const abroad = runs.map(({ name, averages }) => `${name} ${percent(averages.hterLiterature)}`);
  return [
    `AUC on held-out identities of ${source}: ${home.join(", ")}`,
    `mean literature HTER over the ${targets.length} unseen domains: ${abroad.join(", ")}`,
  ];
}

/**
 * Lists sample verdicts, those with a sentence first.
 *
 * @returns two lines a verdict: what was there and what was said
 */
export function describeVerdicts({ samples }: DemoReport): string[] {
  const ordered = samples.toSorted(
    (left, right) => Number(right.sentence !== null) - Number(left.sentence !== null),
  );
  return ordered
    .slice(0, shownVerdicts)
    .flatMap(({ dataset, label, attack, score, threshold, sentence, id }) => {
      const verdict = score >= threshold ? "live" : "spoof";
      const truth = label === "live" ? "live" : `spoof, ${attack}`;
      const mark = verdict === label ? "right" : "wrong";
      return [
        `${dataset} ${id}: ${verdict}, P(live) ${score.toFixed(3)}; truth ${truth}; ${mark}`,
        `    ${sentence ?? "(this method gives no sentence)"}`,
      ];
    });
}

/**
 * Lists verdicts on real portraits, of live people.
 *
 * @returns two lines a portrait
 */
export function describePortraits(predictions: readonly Prediction[]): string[] {
  return predictions.flatMap(({ image, verdict, pLive, sentence }) => [
    `${image}: ${verdict}, P(live) ${pLive.toFixed(3)}; truth live; ${verdict === "live" ? "right" : "wrong"}`,
    `    ${sentence ?? "(this method gives no sentence)"}`,
  ]);
}
