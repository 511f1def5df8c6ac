/** @file The independent jobs of a protocol: fold by seed by method. */

import { join } from "node:path";
import type { Decoding } from "@candor/models";
import type { recipes } from "@candor/train";
import { ProtocolError } from "../protocolError.ts";
import type { Fold } from "../protocols.ts";

/** Name of a recipe of `train:fit`. */
export type RecipeName = keyof typeof recipes;

/** What is trained, under which name it is reported. */
export interface Variant {
  readonly name: string;
  /** A method of `train:fit`. */
  readonly method: string;
  /** Default the starter. */
  readonly recipe?: RecipeName | undefined;
  /** Fields that replace the recipe's. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Further scores of the same training, reported as `<name>+<decoding>`. */
  readonly decodings?: readonly Decoding[];
}

/** One training with its scoring. */
export interface Job {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly name: string;
  readonly fold: Fold;
  readonly variant: Variant;
  readonly seed: number;
  /** Folder of the training run. */
  readonly run: string;
  /** The score files, the training's own first; all of them there and whole mark the job as done. */
  readonly scores: readonly JobScores[];
}

/** A score file of a job. */
export interface JobScores {
  /** Under which it is reported. */
  readonly method: string;
  readonly file: string;
  /** The method's own scores where it is absent. */
  readonly decoding?: Decoding;
}

/** The method that is asked a question, whose answer can be decoded in other ways. */
const decodable = "ifas";

/**
 * Lists the jobs; the order puts whole seeds first, so that a stopped benchmark has complete seeds.
 *
 * @throws ProtocolError if two variants share a name, a name cannot be a file's, a seed occurs twice, or a method cannot be
 *   decoded as asked
 */
export function planJobs(
  folds: readonly Fold[],
  variants: readonly Variant[],
  seeds: readonly number[],
  out: string,
): Job[] {
  for (const { name, method, decodings = [] } of variants) {
    if (!/^[\w.+=-]+$/.test(name)) {
      throw new ProtocolError(`[planJobs] "${name}" cannot name files; use letters, digits and . + = - _.`);
    }
    if (decodings.length > 0 && method !== decodable) {
      throw new ProtocolError(
        `[planJobs] ${name}: ${method} is not asked a question, so there is nothing for ${decodings.join(" and ")} to decode; ` +
          `leave the decodings out, or take ${decodable}.`,
      );
    }
  }
  const names = variants.flatMap((variant) => reported(variant).map(({ method }) => method));
  const twice = [...names, ...seeds].find((value, index, all) => all.indexOf(value) !== index);
  if (twice !== undefined) throw new ProtocolError(`[planJobs] ${twice} is asked for twice.`);
  return seeds
    .flatMap((seed) => folds.flatMap((fold) => variants.map((variant) => ({ seed, fold, variant }))))
    .map(({ seed, fold, variant }, index) => {
      const name = `${variant.name}-seed${seed}`;
      return {
        index,
        name: `${fold.id} ${name}`,
        fold,
        variant,
        seed,
        run: join(out, "runs", fold.id, name),
        scores: reported(variant).map((scores) => ({
          ...scores,
          file: join(out, "scores", fold.id, `${scores.method}-seed${seed}.arrow`),
        })),
      };
    });
}

function reported({ name, decodings = [] }: Variant): Omit<JobScores, "file">[] {
  return [{ method: name }, ...decodings.map((decoding) => ({ method: `${name}+${decoding}`, decoding }))];
}
