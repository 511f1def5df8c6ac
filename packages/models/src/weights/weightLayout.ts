/** @file How a published checkpoint names and stores the parameters of a model. */

import type { Shape } from "@candor/tensor-core";

/** Where the values of a parameter lie in the files. */
export interface WeightSource {
  /** Name of the tensor in the files. */
  readonly published: string;
  /** Its shape there; default that of the parameter. */
  readonly shape?: Shape;
  /** The first row of its first axis that is the parameter's, where several share the tensor; default 0. */
  readonly row?: number;
  /**
   * Makes the parameter's values of the whole tensor's, on the host; default none: values in the files' order, streamed.
   * For small tensors, such as positions that must fit another image size.
   */
  readonly convert?: (values: Float32Array) => Float32Array;
}

/** The naming of one family of checkpoints. */
export interface WeightLayout {
  /**
   * @param name  of a parameter of the model
   * @param shape of it
   */
  source(name: string, shape: Shape): WeightSource;
  /** Names in the files that the model does without, such as buffers that it computes; all others must be used. */
  readonly ignored?: readonly RegExp[];
}

/** A pattern of names of parameters, and what stands for it in the files, `$1` for what its first group matched. */
export type Renaming = readonly [pattern: RegExp, published: string];

/**
 * A layout that only renames.
 *
 * @param renamings the first whose pattern matches a name is applied; a name that none matches stays
 * @param ignored   as in {@link WeightLayout}
 */
export function renamedLayout(renamings: readonly Renaming[], ignored: readonly RegExp[] = []): WeightLayout {
  return { source: (name) => ({ published: renamed(name, renamings) }), ignored };
}

/** Applies the first renaming that matches. */
export function renamed(name: string, renamings: readonly Renaming[]): string {
  const found = renamings.find(([pattern]) => pattern.test(name));
  return found ? name.replace(found[0], found[1]) : name;
}
