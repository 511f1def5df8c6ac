/** @file Which trainings an ablation needs, and what each was set to. */

import type { Decoding } from "@candor/models";
import { recipes } from "@candor/train";
import type { RecipeName, Variant } from "../protocols/jobs/planJobs.ts";
import { ProtocolError } from "../protocols/protocolError.ts";
import { factorsOf, type Factor, type Level } from "./factors.ts";

/** The name of full I-FAS among the variants. */
export const baselineName = "ifas";

/** `"one"`: the baseline with one factor changed at a time; `"full"`: every combination. */
export type Design = "one" | "full";

/** A reported method and its level of each factor, by name. */
export interface Setting {
  readonly method: string;
  readonly levels: Readonly<Record<string, string>>;
}

/** The trainings of an ablation. */
export interface AblationPlan {
  readonly factors: readonly Factor[];
  readonly variants: readonly Variant[];
  /** In the order of the variants, decodings after their training. */
  readonly settings: readonly Setting[];
}

/**
 * Lists the trainings.
 *
 * A combination is named by what differs from the baseline, such as `"captions=none+loss=0.3"`, so that a name means the
 * same in both designs and a full design goes on from the other one's jobs. Decodings share a training: a full design
 * has them after every one, the other after the baseline alone.
 *
 * @param names  factors to vary; the others stay at the baseline
 * @param common fields that replace the recipe's in every training
 * @param recipe that every training follows
 * @throws ProtocolError if a factor is unknown, none is named, or a common field is what one varies
 */
export function planAblation(
  names: readonly string[],
  design: Design,
  common: Readonly<Record<string, unknown>> = {},
  recipe: RecipeName = "starter",
): AblationPlan {
  const factors = factorsOf(recipes[recipe]("ifas", "").connector);
  const unknown = names.find((name) => !factors.some((factor) => factor.name === name));
  if (unknown !== undefined || names.length === 0) {
    throw new ProtocolError(
      `[planAblation] ${unknown === undefined ? "no factor is named" : `"${unknown}" is no factor`}; factors are ${factors.map(({ name }) => name).join(", ")}.`,
    );
  }
  const varied = factors.filter(({ name }) => names.includes(name));
  const fixed = varied
    .flatMap(({ levels }) => levels)
    .flatMap(({ config }) => Object.keys(config))
    .find((key) => key in common);
  if (fixed !== undefined) {
    throw new ProtocolError(
      `[planAblation] --config sets "${fixed}", which a factor varies; leave it out, or vary other --factors.`,
    );
  }
  const trained = varied.filter(({ levels }) => levels.every(({ decoding }) => decoding === undefined));
  const decodings = varied
    .flatMap(({ levels }) => levels)
    .flatMap(({ decoding }): Decoding[] => (decoding === undefined ? [] : [decoding]));
  const combinations = (design === "full" ? product(trained) : oneAtATime(trained)).toSorted(
    (a, b) => changed(a).length - changed(b).length,
  );
  const variants = combinations.map((choice): Variant => {
    const differs = changed(choice);
    return {
      name:
        differs.length === 0
          ? baselineName
          : differs.map(({ factor, level }) => `${factor.name}=${level.name}`).join("+"),
      method: "ifas",
      recipe,
      config: Object.assign({}, common, ...choice.map(({ level }) => level.config)) as Variant["config"],
      ...(design === "full" || differs.length === 0 ? { decodings } : {}),
    };
  });
  const settings = variants.flatMap(({ name, decodings: scored = [] }, index): Setting[] => {
    const levels = Object.fromEntries(
      factors.map((factor) => {
        const chosen = combinations[index]!.find((choice) => choice.factor === factor);
        return [factor.name, chosen?.level.name ?? factor.baseline];
      }),
    );
    return [
      { method: name, levels },
      ...scored.map((decoding) => ({ method: `${name}+${decoding}`, levels: { ...levels, decoding } })),
    ];
  });
  return { factors: varied, variants, settings };
}

interface Choice {
  readonly factor: Factor;
  readonly level: Level;
}

function changed(combination: readonly Choice[]): Choice[] {
  return combination.filter(({ factor, level }) => level.name !== factor.baseline);
}

function baseLevel(factor: Factor): Choice {
  return { factor, level: factor.levels.find(({ name }) => name === factor.baseline)! };
}

function oneAtATime(trained: readonly Factor[]): Choice[][] {
  const base = trained.map(baseLevel);
  const others = trained.flatMap((factor) =>
    factor.levels
      .filter(({ name }) => name !== factor.baseline)
      .map((level) => base.map((choice) => (choice.factor === factor ? { factor, level } : choice))),
  );
  return [base, ...others];
}

function product(trained: readonly Factor[]): Choice[][] {
  return trained.reduce<Choice[][]>(
    (combinations, factor) =>
      combinations.flatMap((combination) =>
        factor.levels.map((level) => [...combination, { factor, level }]),
      ),
    [[]],
  );
}
